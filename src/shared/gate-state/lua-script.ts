/**
 * A Lua script from files beside the code, run by its digest. A server that does not know the digest (after
 * a restart, a failover, or on another node of a Cluster) gets the whole text once; ioredis routes either
 * call by its first key. Several files are joined: the first ones hold what the last one uses.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';

export type RedisConnection = Redis | Cluster;

export interface LuaScript {
  run(redis: RedisConnection, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

export function loadLuaScript(...files: readonly URL[]): LuaScript {
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const sha1 = createHash('sha1').update(text).digest('hex');
  return {
    run: async (redis, keys, args) => {
      try {
        return await redis.evalsha(sha1, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return redis.eval(text, keys.length, ...keys, ...args);
      }
    },
  };
}
