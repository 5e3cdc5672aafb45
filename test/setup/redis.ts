/**
 * The Redis of a test: its own prefix, and a connection. Tests run concurrently on one Redis, which may contain other
 * data, so nothing is ever flushed: keys are found by their prefix when the run ends (global-redis.ts).
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import './provided.ts';

/** A separate prefix for a test, in the hash-tag form of QUEUE_PREFIX: `{test-…}`. */
export function redisPrefix(): string {
  return `{test-${inject('redisRun')}-${randomUUID().slice(0, 13)}}`;
}

/** A connection that waits for Redis as long as it takes, as BullMQ’s workers need it; the test closes it. */
export function connectTestRedis(redisUrl: string = inject('redisUrl')): Redis {
  return new Redis(redisUrl, { maxRetriesPerRequest: null });
}
