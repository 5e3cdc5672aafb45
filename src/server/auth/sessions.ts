/**
 * Signed-in people. A session lies in Redis under the digest of its id, so that any server knows it, a look
 * into Redis gives nobody a usable id, and signing out ends it everywhere. The token that goes back with every
 * form follows from the session id and a secret of the prefix.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { RedisConnection } from '../../shared/redis/script.ts';
import type { Identity } from './accounts.ts';

export interface Sessions {
  begin(identity: Identity): Promise<string>;
  find(id: string): Promise<Identity | null>;
  end(id: string): Promise<void>;
  /** What forms of this session carry; `open` is everybody's where nobody signs in. */
  csrfOf(id: string): Promise<string>;
  isCsrf(id: string, given: string): Promise<boolean>;
}

/** The id that stands for everybody where nobody signs in. */
export const openSession = 'open';
const lifeMs = 12 * 3_600_000;

const storedIdentity = z.object({ name: z.string(), role: z.enum(['operator', 'viewer']) });

export function createSessions(redis: RedisConnection, prefix: string): Sessions {
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
      await redis.set(keyOf(id), JSON.stringify({ name, role }), 'PX', lifeMs);
      return id;
    },
    async find(id) {
      const stored = await redis.get(keyOf(id));
      return stored === null ? null : storedIdentity.parse(JSON.parse(stored));
    },
    async end(id) {
      await redis.del(keyOf(id));
    },
    csrfOf,
    async isCsrf(id, given) {
      const [expected, actual] = [Buffer.from(await csrfOf(id)), Buffer.from(given)];
      return expected.length === actual.length && timingSafeEqual(expected, actual);
    },
  };
}
