/**
 * One case of the growth: a separate Redis in which so many links wait, and one worker process that saves links until
 * enough were measured. Links on top of those that wait are enqueued for the worker, so at least `waiting` links wait at
 * any time.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import PQueue from 'p-queue';
import pino from 'pino';
import { createProducer } from '../../src/index.ts';
import { ledgerKeys } from '../../src/shared/ledger/keys.ts';
import { longestCommand, watchCommands } from '../million/others.ts';
import { openOwnRedis } from '../million/own-redis.ts';
import { commandsIn, cpuMsOf, main, startNode, stopNode } from '../processes.ts';
import { shareLink } from '../system.ts';
import { startUnlimitedVendor, unlimitedSettings } from '../unlimited.ts';
import type { Figures } from './figures.ts';

export interface Case {
  readonly waiting: number;
  readonly batches: number;
}

type Settings = Readonly<Record<string, string>>;

const prefix = '{kie-batch}';
/** Before the measured ones: a process that has just started is slower. */
const warmUpLinks = 500;
/** Each waits for Redis most of the time. */
const concurrentBatches = 50;

export async function measureCase({ waiting, batches }: Case, links: number): Promise<Figures> {
  await using own = await openOwnRedis();
  using vendor = await startUnlimitedVendor();
  const redis = new Redis(own.url);
  const settings = {
    ...unlimitedSettings(own, vendor.url),
    QUEUE_PREFIX: prefix,
    LOG_LEVEL: 'error',
    // No limit for one worker, and few enough that links wait in the ledger and not as jobs.
    SUBMIT_LIMIT: '1000/1s',
    MAX_IN_FLIGHT: '300',
  };
  try {
    const enqueued = await enqueue(waiting + warmUpLinks + links, batches, settings, redis);
    return { ...enqueued, ...(await work(links, settings, redis)) };
  } finally {
    redis.disconnect();
  }
}

async function enqueue(links: number, batches: number, settings: Settings, redis: Redis) {
  // Before the memory is read, as its scripts and connections are no link's.
  await using producer = await createProducer({ settings, logger: pino({ level: 'error' }) });
  await producer.enqueue([shareLink(links)], { batch: 'first' });
  await watchCommands(redis);
  const before = await usedBytes(redis);
  const queue = new PQueue({ concurrency: concurrentBatches });
  const most = Math.ceil(links / batches);
  const jobs = Array.from({ length: batches }, (_, n) => async () => {
    const ofBatch = linksFrom(n * most, Math.min(links, (n + 1) * most));
    await producer.enqueue(ofBatch, { batch: `batch-${n}` });
  });
  await queue.addAll(jobs);
  const longestEnqueueMs = await longestCommand(redis);
  await untilRewritten(redis);
  // The log of slow commands is memory, too.
  await watchCommands(redis);
  return { bytesPerLink: ((await usedBytes(redis)) - before) / links, longestEnqueueMs };
}

function* linksFrom(from: number, to: number): Generator<string> {
  for (let n = from; n < to; n += 1) yield shareLink(n);
}

async function work(links: number, settings: Settings, redis: Redis) {
  const worker = startNode([main, 'worker'], settings);
  try {
    await untilSaved(warmUpLinks, worker, redis);
    await watchCommands(redis);
    const before = await readMeters(worker, redis);
    await untilSaved(before.saved + links, worker, redis);
    const after = await readMeters(worker, redis);
    const perLink = (of: 'atMs' | 'workerCpuMs' | 'redisCpuMs' | 'commands') =>
      (after[of] - before[of]) / (after.links - before.links);
    return {
      linksPerSecond: 1000 / perLink('atMs'),
      workerCpuMs: perLink('workerCpuMs'),
      redisCpuMs: perLink('redisCpuMs'),
      commands: perLink('commands'),
      longestMs: await longestCommand(redis),
    };
  } finally {
    // Nothing that it still does is of use.
    await stopNode(worker, 'SIGKILL');
  }
}

async function untilSaved(links: number, worker: ChildProcess, redis: Redis): Promise<void> {
  while (Number(await redis.hget(ledgerKeys(prefix).counts, 'saved')) < links) {
    if (worker.exitCode !== null) throw new Error(`the worker ended with ${worker.exitCode}`);
    await sleep(20);
  }
}

async function readMeters(worker: ChildProcess, redis: Redis) {
  const replies = await redis
    .multi()
    .hmget(ledgerKeys(prefix).counts, 'processing', 'downloading', 'saved')
    .info('commandstats')
    .info('cpu')
    .exec();
  const [counts, commandStats, cpu] = (replies ?? []).map(([, reply]) => String(reply));
  const [processing = 0, downloading = 0, saved = 0] = (counts ?? '').split(',').map(Number);
  const redisSeconds = (kind: string) =>
    Number(new RegExp(`^used_cpu_${kind}:(.+)`, 'm').exec(cpu ?? '')?.[1]);
  return {
    atMs: performance.now(),
    saved,
    // A link counts by thirds: submitted, result known, saved. The queues between these may grow meanwhile.
    links: (processing + 2 * downloading + 3 * saved) / 3,
    workerCpuMs: await cpuMsOf(worker.pid === undefined ? [] : [worker.pid]),
    redisCpuMs: 1000 * (redisSeconds('user') + redisSeconds('sys')),
    commands: commandsIn(commandStats ?? ''),
  };
}

async function usedBytes(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}

/** A rewrite of the append-only file that enqueueing has caused needs memory and a core. */
async function untilRewritten(redis: Redis): Promise<void> {
  while (/^aof_rewrite_(in_progress|scheduled):1/m.test(await redis.info('persistence'))) await sleep(100);
}
