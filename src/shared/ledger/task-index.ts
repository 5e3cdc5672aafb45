/**
 * From a task's id to its item, as transition.lua has noted it: thousands of small hashes, because fields of
 * a small hash cost a third of what a key would. Two tasks can share a field (once in some hundred million
 * items), so the caller compares with the item.
 */
import { createHash } from 'node:crypto';
import type { Keyspace } from '../redis/keyspace.ts';

export async function itemOfTask({ redis, prefix }: Keyspace, taskId: string): Promise<string | null> {
  const digest = createHash('sha1').update(taskId).digest('hex');
  const bucket = Math.floor(Number.parseInt(digest.slice(0, 4), 16) / 4);
  const packed = await redis.hgetBuffer(`${prefix}:tasks:${bucket}`, digest.slice(4, 14));
  if (packed === null) return null;
  return packed[0] === '='.charCodeAt(0) ? `s_${packed.subarray(1).toString('hex')}` : packed.toString();
}
