/**
 * Runs Lua scripts from files. A script is called by its digest; a Redis that does not know it (at first, after a
 * restart or a failover, on another node) gets the whole text. Several files are joined: the first ones contain what
 * the last one uses. Scripts use further keys with the same hash tag as the given ones, which Cluster allows because
 * all are in one slot.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';

export type RedisConnection = Redis | Cluster;
type ScriptArgument = string | number | Buffer;
/** A script of one connection. */
export type Script = (keys: readonly string[], values: readonly ScriptArgument[]) => Promise<unknown>;
/** A script for whichever connection it is handed. */
export type LoadedScript = (
  redis: RedisConnection,
  keys: readonly string[],
  values: readonly ScriptArgument[],
) => Promise<unknown>;

/** Gives a script the time: `microseconds(given)`. */
export const clockScript = new URL('./clock.lua', import.meta.url);

/** @param parts files as `new URL('./name.lua', import.meta.url)`, or Lua itself */
export function loadScript(...parts: readonly (URL | string)[]): LoadedScript {
  return load(
    parts,
    (redis, digest, keys, values) => redis.evalsha(digest, keys.length, ...keys, ...values),
    (redis, source, keys, values) => redis.eval(source, keys.length, ...keys, ...values),
  );
}

export function createScript(redis: RedisConnection, ...parts: readonly (URL | string)[]): Script {
  const run = loadScript(...parts);
  return (keys, values) => run(redis, keys, values);
}

/** As `createScript`, with every text in the reply as a Buffer. */
export function createBinaryScript(redis: RedisConnection, file: URL): Script {
  const run = load(
    [file],
    (_, digest, keys, values) => redis.callBuffer('EVALSHA', digest, keys.length, ...keys, ...values),
    (_, source, keys, values) => redis.callBuffer('EVAL', source, keys.length, ...keys, ...values),
  );
  return (keys, values) => run(redis, keys, values);
}

type RunScript = (
  redis: RedisConnection,
  script: string,
  keys: readonly string[],
  values: readonly ScriptArgument[],
) => Promise<unknown>;

function load(parts: readonly (URL | string)[], byDigest: RunScript, bySource: RunScript): LoadedScript {
  return async (redis, keys, values) => {
    const { source, digest } = textOf(parts);
    try {
      return await byDigest(redis, digest, keys, values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return bySource(redis, source, keys, values);
    }
  };
}

interface ScriptText {
  readonly source: string;
  readonly digest: string;
}

/** Read when first used: a page or a tick that needs one script of twelve reads and hashes that one, once. */
const texts = new Map<string, ScriptText>();

function textOf(parts: readonly (URL | string)[]): ScriptText {
  const name = parts.join('\n');
  const known = texts.get(name);
  if (known !== undefined) return known;
  const source = parts
    .map((part) => (typeof part === 'string' ? part : readFileSync(part, 'utf8')))
    .join('\n');
  const text = { source, digest: createHash('sha1').update(source).digest('hex') };
  texts.set(name, text);
  return text;
}
