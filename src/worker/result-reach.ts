/**
 * Distinguishes an outage of the result hosts from a broken URL, from what all workers see. One unreachable result
 * among others that are downloaded is a broken URL. Several in a row, or one repeatedly without any download in
 * between, are an outage. Called by the download stage. During the halt one download at a time may try.
 */
import { unreachedPolicy } from '../shared/policy.ts';
import { loadScript } from '../shared/redis/script.ts';
import type { WorkerContext } from './worker-context.ts';

const noteReachedScript = loadScript(new URL('note-reached.lua', import.meta.url));

/** What a download keeps from one fetch that did not reach the host to the next. */
export interface Unreached {
  readonly times: number;
  /** Results that all workers had fetched by then. */
  readonly reached: number;
}

export interface Evidence extends Unreached {
  /** Links whose result was unreachable since the last download of any worker. */
  readonly links: number;
  /** A result was fetched since this link was last not reached. */
  readonly othersReached: boolean;
}

type Context = Pick<WorkerContext, 'redis' | 'prefix'>;

const failingKey = (prefix: string) => `${prefix}:results:failing`;
const reachedKey = (prefix: string) => `${prefix}:results:reached`;

export async function noteReached({ redis, prefix }: Context): Promise<void> {
  await noteReachedScript(redis, [failingKey(prefix), reachedKey(prefix)], []);
}

/** @param before of this link's last fetch, when that did not reach the host either */
export async function noteUnreached(
  id: string,
  before: Unreached | undefined,
  { redis, prefix }: Context,
): Promise<Evidence> {
  await redis.sadd(failingKey(prefix), id);
  await redis.pexpire(failingKey(prefix), unreachedPolicy.forgottenAfterMs);
  const [links, text] = await Promise.all([redis.scard(failingKey(prefix)), redis.get(reachedKey(prefix))]);
  const reached = Number(text ?? 0);
  const othersReached = before !== undefined && before.reached !== reached;
  return { links, reached, othersReached, times: othersReached ? 1 : (before?.times ?? 0) + 1 };
}

/** Lets one download try during the halt. */
export async function claimFetch({ redis, prefix }: Context): Promise<boolean> {
  return (await redis.set(`${prefix}:results:trial`, '1', 'PX', unreachedPolicy.trialEveryMs, 'NX')) === 'OK';
}
