/**
 * What Redis holds, for the soak. Keys are of four sorts: of a link, of a batch, of a job of BullMQ, and the others. The
 * number of the others should not depend on how long the system has been running, so each of them is named with its length.
 */
import type { Redis } from 'ioredis';
import { openQueues, stages } from '../../src/shared/jobs/catalogue.ts';
import type { Keyspace } from '../../src/shared/redis/keyspace.ts';

export interface RedisFigures {
  readonly usedBytes: number;
  readonly clients: number;
  readonly keys: number;
  /** Jobs of BullMQ in any state. */
  readonly jobs: number;
  /** Of the other keys: entries of a list, set, hash or stream, bytes of a string. */
  readonly lengths: ReadonlyMap<string, number>;
}

export interface RedisMeter extends AsyncDisposable {
  readonly serverPid: number;
  read(): Promise<RedisFigures>;
  /** Keys, keys without expiry and bytes by sort. Reads every key: for the end. */
  sorts(): Promise<ReadonlyMap<string, SortFigures>>;
}

export interface SortFigures {
  readonly keys: number;
  readonly lasting: number;
  readonly bytes: number;
}

type Replies = [error: Error | null, result: unknown][] | null;

const ofLinks = ['item', 'story', 'tasks', 'claims', 'remembered'];
const chunkSize = 1000;
const lengthCommands: Readonly<Record<string, string>> = {
  string: 'strlen',
  list: 'llen',
  set: 'scard',
  zset: 'zcard',
  hash: 'hlen',
  stream: 'xlen',
};

/** Pure. @param name without the prefix */
export function sortOf(name: string): string {
  const [first = '', second = ''] = name.split(':');
  if (ofLinks.includes(first)) return `link: ${first}`;
  if (first === 'batch') return 'batch';
  if (first === 'samples' && second === 'batch') return 'batch: samples';
  // Jobs have the ids of items.
  if (second.startsWith('s_')) return 'job';
  return 'other';
}

export async function openRedisMeter(redis: Redis, prefix: string): Promise<RedisMeter> {
  const keyspace: Keyspace = { redis, prefix };
  const queues = openQueues(keyspace);
  const jobs = async () => {
    const counts = await Promise.all(stages.map(async (stage) => (await queues.queue(stage)).getJobCounts()));
    return counts.flatMap((each) => Object.values(each)).reduce((sum, count) => sum + count, 0);
  };
  // The queues open connections, which are not to look like growth.
  await jobs();
  return {
    serverPid: infoField(await redis.info('server'), 'process_id'),
    async read() {
      const others = (await allKeys(redis)).filter((key) => sortOf(nameOf(key)) === 'other');
      return {
        usedBytes: infoField(await redis.info('memory'), 'used_memory'),
        clients: infoField(await redis.info('clients'), 'connected_clients'),
        keys: await redis.dbsize(),
        jobs: await jobs(),
        lengths: await lengthsOf(redis, others),
      };
    },
    sorts: () => readSorts(redis),
    async [Symbol.asyncDispose]() {
      await queues.close();
      redis.disconnect();
    },
  };
}

function infoField(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
}

function nameOf(key: string): string {
  return key.slice(key.indexOf(':') + 1);
}

async function allKeys(redis: Redis): Promise<string[]> {
  const keys = new Set<string>();
  for await (const page of redis.scanStream({ count: chunkSize })) for (const key of page) keys.add(key);
  return [...keys];
}

async function lengthsOf(redis: Redis, keys: readonly string[]): Promise<Map<string, number>> {
  const types = resultsOf(await redis.pipeline(keys.map((key) => ['type', key])).exec());
  const commands = types.map((type, at) => [lengthCommands[String(type)] ?? 'exists', keys[at] ?? '']);
  const lengths = resultsOf(await redis.pipeline(commands).exec());
  return new Map(keys.map((key, at) => [nameOf(key), Number(lengths[at])]));
}

async function readSorts(redis: Redis): Promise<Map<string, SortFigures>> {
  const sorts = new Map<string, SortFigures>();
  const keys = await allKeys(redis);
  for (let from = 0; from < keys.length; from += chunkSize) {
    const chunk = keys.slice(from, from + chunkSize);
    const sizes = resultsOf(await redis.pipeline(chunk.map((key) => ['memory', 'usage', key])).exec());
    const expiries = resultsOf(await redis.pipeline(chunk.map((key) => ['pttl', key])).exec());
    for (const [at, key] of chunk.entries()) {
      const sort = sortOf(nameOf(key));
      const before = sorts.get(sort) ?? { keys: 0, lasting: 0, bytes: 0 };
      sorts.set(sort, {
        keys: before.keys + 1,
        lasting: before.lasting + (expiries[at] === -1 ? 1 : 0),
        bytes: before.bytes + Number(sizes[at] ?? 0),
      });
    }
  }
  return sorts;
}

function resultsOf(replies: Replies): unknown[] {
  return (replies ?? []).map(([error, result]) => {
    if (error !== null) throw error;
    return result;
  });
}
