/**
 * Claims: task ids that only a callback has named for an item. A claim changes nothing of the item until the task's
 * record has been read. So claims are kept apart, bounded, and expire after a day. Recorded by the callback route,
 * judged by the worker.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { loadScript, type RedisConnection } from '../redis/script.ts';

const noteScript = loadScript(new URL('note-claim.lua', import.meta.url));
const noted = z.enum(['open', 'judged', 'full']);

/** At once. An item may have three tasks, and one more for each lost answer. */
const mostClaims = 20;
const keptMs = 24 * 3_600_000;

export interface Claims {
  note(itemId: string, taskId: string): Promise<z.infer<typeof noted>>;
  /** The task is not polled again because of a callback. */
  judged(itemId: string, taskId: string): Promise<void>;
}

export function createClaims({
  redis,
  prefix,
}: {
  readonly redis: RedisConnection;
  readonly prefix: string;
}): Claims {
  const key = (itemId: string) => `${prefix}:claims:${itemId}`;
  return {
    async note(itemId, taskId) {
      return noted.parse(await noteScript(redis, [key(itemId)], [digestOf(taskId), mostClaims, keptMs]));
    },
    async judged(itemId, taskId) {
      await redis.hset(key(itemId), digestOf(taskId), 'judged');
      await redis.pexpire(key(itemId), keptMs);
    },
  };
}

function digestOf(taskId: string): string {
  return createHash('sha1').update(taskId).digest('base64url').slice(0, 16);
}
