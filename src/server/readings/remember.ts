/**
 * Reads something once for everybody who asks at about the same time, and gives up when Redis does not answer:
 * a page that says "Redis is away" after two seconds is better than one that never comes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../../shared/redis/script.ts';

/** Redis does not answer; pages say so, and probes of health too. */
export class RedisAwayError extends Error {
  readonly code = 'REDIS-AWAY';
  constructor() {
    super('Redis does not answer');
  }
}

const patienceMs = 2500;

/** @throws RedisAwayError when the reading needs a Redis that is away */
export async function readWithin<Reading>(
  redis: RedisConnection,
  read: () => Promise<Reading>,
): Promise<Reading> {
  if (['reconnecting', 'close', 'end'].includes(redis.status)) throw new RedisAwayError();
  const patience = new AbortController();
  const late = sleep(patienceMs, undefined, { signal: patience.signal, ref: false }).then(() => {
    throw new RedisAwayError();
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([read(), late]);
  } finally {
    patience.abort();
  }
}

/** @returns a function that gives the same reading to everybody for `keptMs` */
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
