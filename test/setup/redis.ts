/**
 * The Redis of a test: a prefix that nobody else uses, and a connection. Tests run at the same time on one
 * Redis, which may be one that holds other things, so nothing is ever flushed: keys are found again by their
 * prefix when the run ends (global-redis.ts).
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import './provided.ts';

/** A prefix of its own for a test, in the hash-tag form of QUEUE_PREFIX: `{test-…}`. */
export function redisPrefix(): string {
  return `{test-${inject('redisRun')}-${randomUUID().slice(0, 13)}}`;
}

/** A connection that waits for Redis as long as it takes, as BullMQ’s workers need it; the test closes it. */
export function connectTestRedis(redisUrl: string = inject('redisUrl')): Redis {
  return new Redis(redisUrl, { maxRetriesPerRequest: null });
}
