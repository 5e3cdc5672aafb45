/**
 * Two workers on the same queues, of which one is killed; what becomes of its jobs is seen in Redis alone, by the locks and
 * the events of BullMQ. A lock holds the id of its worker, so the jobs of the killed one are known: it starts alone, and
 * what holds locks then is the first one.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ioredisAddress, stopNode } from '../processes.ts';

export interface Pair {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly queues: readonly string[];
  /** From when both work to the kill. */
  readonly waitMs: number;
  startWorker(): ChildProcess;
}

export interface HeldJob {
  readonly queue: string;
  readonly id: string;
}

export interface Kill {
  /** Unix milliseconds. */
  readonly atMs: number;
  /** What the killed worker was running. */
  readonly jobs: readonly HeldJob[];
}

export interface Resumed extends HeldJob {
  /** From the kill until another worker runs it; Infinity when none did in time. */
  readonly afterMs: number;
}

interface Lock extends HeldJob {
  readonly worker: string;
}

const patienceMs = 100_000;

/** @param onKill is called right after the kill, and its promise awaited with the jobs */
export async function killOne(pair: Pair, onKill?: (kill: Kill) => Promise<void>): Promise<Resumed[]> {
  const redis = new Redis(ioredisAddress(pair.redisUrl), { maxRetriesPerRequest: null });
  const children: ChildProcess[] = [];
  const start = () => {
    const child = pair.startWorker();
    child.stdout?.resume();
    children.push(child);
    return child;
  };
  try {
    const first = start();
    const ofFirst = await workersOnAll(pair, redis, new Set());
    start();
    await workersOnAll(pair, redis, ofFirst);
    await sleep(pair.waitMs);
    const isOfFirst = ({ worker }: Lock) => ofFirst.has(worker);
    while (!isOnAll(pair, (await locksOf(pair, redis)).filter(isOfFirst))) await sleep(5);
    const atMs = Date.now();
    await stopNode(first, 'SIGKILL');
    // What it had sent to Redis is done by then.
    await sleep(50);
    const jobs = (await locksOf(pair, redis)).filter(isOfFirst);
    const [resumed] = await Promise.all([
      untilResumed(pair, redis, { atMs, jobs }),
      onKill?.({ atMs, jobs }),
    ]);
    return resumed;
  } finally {
    await Promise.all(children.map((child) => stopNode(child, 'SIGKILL')));
    redis.disconnect();
  }
}

/** The ids of workers other than these, once they have run a job in each queue. */
async function workersOnAll(pair: Pair, redis: Redis, others: ReadonlySet<string>): Promise<Set<string>> {
  const seen: Lock[] = [];
  while (!isOnAll(pair, seen)) {
    seen.push(...(await locksOf(pair, redis)).filter(({ worker }) => !others.has(worker)));
    await sleep(10);
  }
  return new Set(seen.map(({ worker }) => worker));
}

function isOnAll({ queues }: Pair, locks: readonly Lock[]): boolean {
  return queues.every((queue) => locks.some((lock) => lock.queue === queue));
}

/** The jobs that are being run, with the ids of their workers. */
async function locksOf({ prefix, queues }: Pair, redis: Redis): Promise<Lock[]> {
  const ofQueues = queues.map(async (queue) => {
    const ids = await redis.lrange(`${prefix}:${queue}:active`, 0, -1);
    const tokens = ids.length === 0 ? [] : await redis.mget(ids.map((id) => `${prefix}:${queue}:${id}:lock`));
    return ids.flatMap((id, index) => {
      // BullMQ's token: the worker's id, a colon, a number.
      const token = tokens[index];
      return token == null ? [] : [{ queue, id, worker: token.slice(0, token.lastIndexOf(':')) }];
    });
  });
  return (await Promise.all(ofQueues)).flat();
}

/** Follows the events of the queues, which may be kept for a moment only. */
async function untilResumed(
  { prefix, queues }: Pair,
  redis: Redis,
  { atMs, jobs }: Kill,
): Promise<Resumed[]> {
  const afterMs = new Map<HeldJob, number>();
  const from = new Map(queues.map((queue) => [`${prefix}:${queue}:events`, `${Date.now()}-0`]));
  while (afterMs.size < jobs.length && Date.now() - atMs < patienceMs) {
    const read = (await redis.xread('BLOCK', 1000, 'STREAMS', ...from.keys(), ...from.values())) ?? [];
    for (const [stream, entries] of read) {
      for (const [eventId, fields] of entries) {
        from.set(stream, eventId);
        const id = activated(fields);
        const job = jobs.find((each) => each.id === id && stream === `${prefix}:${each.queue}:events`);
        const happenedAt = Number(eventId.split('-')[0]);
        if (job !== undefined && !afterMs.has(job)) afterMs.set(job, happenedAt - atMs);
      }
    }
  }
  return jobs.map((job) => ({ ...job, afterMs: afterMs.get(job) ?? Number.POSITIVE_INFINITY }));
}

/** The id of the job that the event says has become active. */
function activated(fields: readonly string[]): string | null {
  const of = (name: string) => fields[fields.indexOf(name) + 1];
  return of('event') === 'active' ? (of('jobId') ?? null) : null;
}
