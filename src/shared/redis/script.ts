/**
 * Runs Lua scripts that lie in files of their own. A script is sent once and then called by its digest;
 * a Redis that has forgotten it (restart, failover, another node) is given it again. Scripts name further
 * keys inside the same hash tag than they are handed, which Cluster allows as all lie in one slot.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';

export type RedisConnection = Redis | Cluster;
export type ScriptArgument = string | number | Buffer;
export type Script = (keys: readonly string[], values: readonly ScriptArgument[]) => Promise<unknown>;

/** @param file the script, as `new URL('./name.lua', import.meta.url)` */
export function createScript(redis: RedisConnection, file: URL): Script {
  const source = readFileSync(file, 'utf8');
  const digest = createHash('sha1').update(source).digest('hex');
  return async (keys, values) => {
    try {
      return await redis.evalsha(digest, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(source, keys.length, ...keys, ...values);
    }
  };
}
