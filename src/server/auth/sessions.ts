/**
 * Sessions of signed-in people. A session is in Redis under the digest of its id: all servers know it, Redis contains
 * no usable id, and signing out ends it everywhere. A session ends with its account, and with its password or role. The
 * form token is derived from the session id and a secret of the prefix.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import type { Accounts, Identity } from './accounts.ts';

export interface Sessions {
  begin(identity: Identity): Promise<string>;
  find(id: string): Promise<Identity | null>;
  end(id: string): Promise<void>;
  /** Ends all sessions of an account, on every device. */
  endAll(name: string): Promise<void>;
  /** The form token of this session; `open` without sign-in. */
  csrfOf(id: string): Promise<string>;
  isCsrf(id: string, given: string): Promise<boolean>;
}

/** The id of all users without sign-in. */
export const openSession = 'open';
const lifeMs = 12 * 3_600_000;

/** Sessions of before an update have no version, and end with it. */
const storedSession = z.object({
  name: z.string(),
  role: z.enum(['operator', 'viewer']),
  version: z.string(),
  round: z.number(),
});

export function createSessions({ redis, prefix }: Keyspace, accounts: Accounts): Sessions {
  /** How often the account's sessions were all ended: those of an earlier round no longer count. */
  const roundKey = (name: string) =>
    `${prefix}:session-round:${createHash('sha256').update(name).digest('hex')}`;
  const roundOf = async (name: string) => Number((await redis.get(roundKey(name))) ?? 0);
  const keyOf = (id: string) => `${prefix}:session:${createHash('sha256').update(id).digest('hex')}`;
  let secret: Promise<string> | undefined;

  function secretOfPrefix(): Promise<string> {
    secret ??= readSecret().catch((error: unknown) => {
      secret = undefined;
      throw error;
    });
    return secret;
  }

  async function readSecret(): Promise<string> {
    const key = `${prefix}:server-secret`;
    await redis.setnx(key, randomBytes(32).toString('hex'));
    return (await redis.get(key)) ?? '';
  }

  async function csrfOf(id: string): Promise<string> {
    return createHmac('sha256', await secretOfPrefix())
      .update(`form ${id}`)
      .digest('hex');
  }

  return {
    async begin({ name, role }) {
      const id = randomBytes(32).toString('base64url');
      const version = accounts.byName(name)?.version ?? '';
      const session = { name, role, version, round: await roundOf(name) };
      await redis.set(keyOf(id), JSON.stringify(session), 'PX', lifeMs);
      return id;
    },
    async find(id) {
      const stored = await redis.get(keyOf(id));
      if (stored === null) return null;
      const session = storedSession.safeParse(JSON.parse(stored)).data;
      const account = session === undefined ? null : accounts.byName(session.name);
      if (session === undefined || account === null) return null;
      const isSame = account.version === session.version && account.identity.role === session.role;
      return isSame && session.round === (await roundOf(session.name)) ? account.identity : null;
    },
    async end(id) {
      await redis.del(keyOf(id));
    },
    async endAll(name) {
      await redis
        .multi()
        .incr(roundKey(name))
        .pexpire(roundKey(name), 2 * lifeMs)
        .exec();
    },
    csrfOf,
    async isCsrf(id, given) {
      const [expected, actual] = [Buffer.from(await csrfOf(id)), Buffer.from(given)];
      return expected.length === actual.length && timingSafeEqual(expected, actual);
    },
  };
}
