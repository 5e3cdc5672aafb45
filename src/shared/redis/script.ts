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
  return runBySource(
    file,
    (digest, keys, values) => redis.evalsha(digest, keys.length, ...keys, ...values),
    (source, keys, values) => redis.eval(source, keys.length, ...keys, ...values),
  );
}

/** As `createScript`, with every text in the reply as a Buffer. */
export function createBinaryScript(redis: RedisConnection, file: URL): Script {
  return runBySource(
    file,
    (digest, keys, values) => redis.callBuffer('EVALSHA', digest, keys.length, ...keys, ...values),
    (source, keys, values) => redis.callBuffer('EVAL', source, keys.length, ...keys, ...values),
  );
}

type RunScript = (
  script: string,
  keys: readonly string[],
  values: readonly ScriptArgument[],
) => Promise<unknown>;

function runBySource(file: URL, byDigest: RunScript, bySource: RunScript): Script {
  const source = readFileSync(file, 'utf8');
  const digest = createHash('sha1').update(source).digest('hex');
  return async (keys, values) => {
    try {
      return await byDigest(digest, keys, values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return bySource(source, keys, values);
    }
  };
}
