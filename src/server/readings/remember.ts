/**
 * Reads something once for all concurrent callers, and gives up if Redis does not answer: a page that says "Redis is
 * away" after two seconds is better than one that never loads.
 */
import { isRedisTrouble } from '../../shared/redis/redis-trouble.ts';
import type { RedisConnection } from '../../shared/redis/script.ts';
import { withTimeout } from '../../shared/time/with-timeout.ts';

/** Redis does not answer: pages and health checks report it. */
export class RedisAwayError extends Error {
  readonly code = 'REDIS-AWAY';
  /** Whether a change was in progress, a part of which may have been done. */
  readonly hasBegun: boolean;
  constructor({ cause, hasBegun = false }: { cause?: unknown; hasBegun?: boolean } = {}) {
    super('Redis does not answer', { cause });
    this.hasBegun = hasBegun;
  }
}

export function describeAway(error: unknown): string {
  return error instanceof RedisAwayError && error.hasBegun
    ? 'Redis stopped answering during this change. A part of it may have been done, and the rest does not happen later. When Redis is back, check the numbers and repeat the change. Nothing is done twice.'
    : 'Redis does not answer. Nothing was changed, now or later. Repeat this when Redis is back.';
}

/** Also where Redis answers but refuses for a while. An error in one of our scripts does not count. */
export function isAway(error: unknown): boolean {
  if (error instanceof RedisAwayError) return true;
  if (!isRedisTrouble(error) || !(error instanceof Error)) return false;
  return error.name !== 'ReplyError' || refusesForNow.test(error.message);
}

const refusesForNow = /\b(?:LOADING|READONLY|MISCONF|OOM|NOREPLICAS|CLUSTERDOWN|MASTERDOWN)\b/;
const patienceMs = 2500;
const late = Symbol('late');

/** @throws RedisAwayError if Redis is away */
export async function readWithin<Reading>(
  redis: RedisConnection,
  read: () => Promise<Reading>,
): Promise<Reading> {
  if (redis.status !== 'ready') throw new RedisAwayError();
  const reading = await withTimeout(read(), patienceMs, late).catch((error: unknown) => {
    throw isAway(error) ? new RedisAwayError({ cause: error }) : error;
  });
  if (reading === late) throw new RedisAwayError();
  return reading;
}

/**
 * Makes a requested change if Redis answers now; otherwise nothing is changed, now or later.
 * @throws RedisAwayError, see `describeAway`
 */
export async function actWithin<Result>(redis: RedisConnection, act: () => Promise<Result>): Promise<Result> {
  await readWithin(redis, () => redis.ping());
  try {
    return await act();
  } catch (error) {
    throw isAway(error) ? new RedisAwayError({ cause: error, hasBegun: true }) : error;
  }
}

export function remember<Reading>(
  keptMs: number,
  read: () => Promise<Reading>,
  now: () => number = () => performance.now(),
): () => Promise<Reading> {
  let kept: { at: number; reading: Promise<Reading> } | undefined;
  return () => {
    if (kept !== undefined && now() - kept.at < keptMs) return kept.reading;
    const reading = read();
    const mine = { at: now(), reading };
    kept = mine;
    reading.catch(() => {
      if (kept === mine) kept = undefined;
    });
    return reading;
  };
}
