/**
 * Reads the facts of a Redis for judge-redis.ts. INFO is required; CONFIG is forbidden on managed services and then
 * missing. Parsing the replies is pure. Called by open-redis.ts.
 */
import { Cluster } from 'ioredis';
import type { RedisConnection } from './connect-redis.ts';
import type { RedisFacts } from './judge-redis.ts';

export async function inspectRedis(connection: RedisConnection): Promise<RedisFacts> {
  // In a Cluster every command goes to some node; any primary answers for the others.
  const node = connection instanceof Cluster ? (connection.nodes('master')[0] ?? connection) : connection;
  const info = await node.info();
  const setting = async (name: string): Promise<string | undefined> => {
    const reply: unknown = await node.config('GET', name).catch(() => undefined);
    return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
  };
  const settings = {
    runsScripts: await node.eval(SCRIPT_PROBE, 0).then(
      () => true,
      () => false,
    ),
    evictionPolicy: await setting('maxmemory-policy'),
    appendFsync: await setting('appendfsync'),
    snapshots: await setting('save'),
  };
  return readFacts(info, settings);
}

/** The libraries that the scripts of BullMQ and our own call. */
const SCRIPT_PROBE = 'return cjson.encode({ #cmsgpack.pack(1) })';

export type Settings = Pick<RedisFacts, 'runsScripts' | 'evictionPolicy' | 'appendFsync' | 'snapshots'>;

export function readFacts(info: string, settings: Settings): RedisFacts {
  const fields = parseInfo(info);
  return {
    ...settings,
    ...readVersion(fields),
    mode: readMode(fields.get('redis_mode') ?? fields.get('server_mode')),
    role: fields.get('role') === 'slave' ? 'replica' : 'master',
    evictionPolicy: settings.evictionPolicy ?? fields.get('maxmemory_policy'),
    appendOnly: fields.get('aof_enabled') === '1',
    persistenceFails:
      fields.get('aof_last_write_status') === 'err' || fields.get('rdb_last_bgsave_status') === 'err',
  };
}

function readVersion(fields: Map<string, string>): Pick<RedisFacts, 'product' | 'version'> {
  const valkey = fields.get('valkey_version');
  if (valkey !== undefined) return { product: 'valkey', version: valkey };
  const dragonfly = fields.get('dragonfly_version');
  if (dragonfly !== undefined) return { product: 'dragonfly', version: dragonfly };
  return { product: 'redis', version: fields.get('redis_version') ?? '0.0.0' };
}

function readMode(text: string | undefined): RedisFacts['mode'] {
  return text === 'cluster' || text === 'sentinel' ? text : 'standalone';
}

function parseInfo(info: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of info.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}
