/**
 * The cost and the losses of each `appendfsync`: `npm run bench -- appendfsync [FOLDER]`. Cost: BullMQ jobs added in
 * bulk, single writes one after the other, and many writes at once. Losses: acknowledged writes missing after `kill -9`
 * of Redis. Power failures are not measured. docs/local-redis.md has the figures and the choice.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import pino from 'pino';
import { systemClock } from '../../src/shared/clock.ts';
import { cacheFolder } from '../../src/shared/configuration/configuration.ts';
import type { AppendFsync } from '../../src/shared/redis/local/redis-configuration.ts';
import { startLocalRedis } from '../../src/shared/redis/local/start-local-redis.ts';

const SETTINGS: readonly AppendFsync[] = ['always', 'everysec', 'no'];
/** Taken in turns, the better of each counts: whatever else the machine does only ever makes it slower. */
const ROUNDS = 2;
const BULK_JOBS = 20_000;
const BULK_CHUNK = 1_000;
const SINGLE_WRITES = 2_000;
const PARALLEL_WRITERS = 50;
const PARALLEL_WRITES = 10_000;
const KILLS = 2;
const WRITES_BEFORE_KILL_MS = 700;

interface Row {
  appendfsync: AppendFsync;
  'addBulk jobs/s': number;
  'single write p50 ms': number;
  'single write p99 ms': number;
  'writes/s, 50 at once': number;
  'acknowledged before kills': number;
  'lost by kill -9': number;
}

/** `args[0]`: the folder to measure in, whose disk is what counts; the temporary folder otherwise. */
export async function run(args: string[]): Promise<void> {
  const base = await mkdtemp(join(resolve(args[0] ?? tmpdir()), 'kie-bench-'));
  try {
    const rows: Row[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const setting of SETTINGS) rows.push(await measure(setting, join(base, `${setting}-${round}`)));
    }
    console.table(SETTINGS.map((setting) => better(rows.filter((row) => row.appendfsync === setting))));
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

function better(rows: readonly Row[]): Row {
  return rows.reduce((left, right) => ({
    appendfsync: left.appendfsync,
    'addBulk jobs/s': Math.max(left['addBulk jobs/s'], right['addBulk jobs/s']),
    'single write p50 ms': Math.min(left['single write p50 ms'], right['single write p50 ms']),
    'single write p99 ms': Math.min(left['single write p99 ms'], right['single write p99 ms']),
    'writes/s, 50 at once': Math.max(left['writes/s, 50 at once'], right['writes/s, 50 at once']),
    'acknowledged before kills': left['acknowledged before kills'] + right['acknowledged before kills'],
    'lost by kill -9': left['lost by kill -9'] + right['lost by kill -9'],
  }));
}

async function measure(setting: AppendFsync, dataDir: string): Promise<Row> {
  const logger = pino({ level: 'silent' });
  const local = await startLocalRedis({
    dataDir,
    cacheDir: cacheFolder(),
    logger,
    clock: systemClock,
    appendFsync: setting,
  });
  if (local.address.kind !== 'socket') throw new Error('the benchmark measures a server, not a container');
  const redis = connect(local.address.path);
  const bulkPerSecond = await measureBulk(redis);
  const latencies = await measureSingle(redis);
  const parallelPerSecond = await measureParallel(redis);
  const { acknowledged, lost } = await measureLoss(local.address.path);
  await redis.quit();
  await local.release();
  return {
    appendfsync: setting,
    'addBulk jobs/s': Math.round(bulkPerSecond),
    'single write p50 ms': percentile(latencies, 0.5),
    'single write p99 ms': percentile(latencies, 0.99),
    'writes/s, 50 at once': Math.round(parallelPerSecond),
    'acknowledged before kills': acknowledged,
    'lost by kill -9': lost,
  };
}

async function measureBulk(redis: Redis): Promise<number> {
  const queue = new Queue('bench', { connection: redis, prefix: '{bench}' });
  await queue.waitUntilReady();
  const startedAt = performance.now();
  for (let first = 0; first < BULK_JOBS; first += BULK_CHUNK) {
    const jobs = Array.from({ length: BULK_CHUNK }, (_, offset) => ({
      name: 'submit',
      data: { item: `s_${first + offset}` },
      opts: { jobId: `s_${first + offset}` },
    }));
    await queue.addBulk(jobs);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await queue.close();
  return BULK_JOBS / seconds;
}

async function measureSingle(redis: Redis): Promise<number[]> {
  const latenciesMs: number[] = [];
  for (let write = 0; write < SINGLE_WRITES; write += 1) {
    const startedAt = performance.now();
    await redis.hset(`single-${write}`, 'state', 'submitting', 'taskId', '0123456789abcdef0123456789abcdef');
    latenciesMs.push(performance.now() - startedAt);
  }
  return latenciesMs.sort((left, right) => left - right);
}

async function measureParallel(redis: Redis): Promise<number> {
  const startedAt = performance.now();
  const writers = Array.from({ length: PARALLEL_WRITERS }, async (_, writer) => {
    for (let write = 0; write < PARALLEL_WRITES / PARALLEL_WRITERS; write += 1) {
      await redis.hset(`parallel-${writer}-${write}`, 'state', 'processing');
    }
  });
  await Promise.all(writers);
  return PARALLEL_WRITES / ((performance.now() - startedAt) / 1000);
}

/** Writes until the server is killed, lets it come back, and counts what it had acknowledged and lacks. */
async function measureLoss(path: string): Promise<{ acknowledged: number; lost: number }> {
  let acknowledged = 0;
  let lost = 0;
  for (let round = 0; round < KILLS; round += 1) {
    const written = await writeUntilKilled(path, `kill-${round}`);
    const redis = connect(path);
    const present = await countPresent(redis, written);
    await redis.quit();
    acknowledged += written.length;
    lost += written.length - present;
  }
  return { acknowledged, lost };
}

async function countPresent(redis: Redis, keys: readonly string[]): Promise<number> {
  let present = 0;
  for (let first = 0; first < keys.length; first += BULK_CHUNK) {
    present += await redis.exists(...keys.slice(first, first + BULK_CHUNK));
  }
  return present;
}

async function writeUntilKilled(path: string, name: string): Promise<string[]> {
  const redis = new Redis(path, { retryStrategy: () => null });
  redis.on('error', () => undefined);
  const pid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
  const acknowledged: string[] = [];
  const timer = setTimeout(() => process.kill(pid, 'SIGKILL'), WRITES_BEFORE_KILL_MS);
  const ended = new Promise<void>((done) => redis.once('end', () => done()));
  const writers = Array.from({ length: PARALLEL_WRITERS }, async (_, writer) => {
    for (let write = 0; ; write += 1) {
      const key = `${name}-${writer}-${write}`;
      await redis.set(key, 'paid');
      acknowledged.push(key);
    }
  });
  await Promise.all(writers.map((writer) => writer.catch(() => undefined)));
  await ended;
  clearTimeout(timer);
  return acknowledged;
}

function connect(path: string): Redis {
  const redis = new Redis(path, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => undefined);
  return redis;
}

function percentile(sorted: readonly number[], share: number): number {
  return Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(3));
}
