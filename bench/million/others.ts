/**
 * Somebody else who asks the same Redis all the time: how long they wait. On a busy machine the greatest wait is the
 * scheduler's. Two figures tell the two apart: how long the same questions wait at an idle Redis beside it, and what
 * Redis itself took for its longest command.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

export interface Waits {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

export interface Asked {
  readonly waits: Waits;
  /** At the Redis that has nothing to do. */
  readonly idleWaits: Waits;
  /** What Redis took for its longest command meanwhile, by its own account. */
  readonly longestCommandMs: number;
}

const askEveryMs = 2;

export async function startAsking(busy: Redis, idle: Redis): Promise<() => Promise<Asked>> {
  await watchCommands(busy);
  const over = new AbortController();
  const asking = Promise.all([busy, idle].map((redis) => askUntil(redis, over.signal)));
  return async () => {
    over.abort();
    const [waits = [], idleWaits = []] = await asking;
    return {
      waits: summaryOf(waits),
      idleWaits: summaryOf(idleWaits),
      longestCommandMs: await longestCommand(busy),
    };
  };
}

async function askUntil(redis: Redis, over: AbortSignal): Promise<number[]> {
  const waits: number[] = [];
  while (!over.aborted) {
    const askedAt = performance.now();
    await redis.ping();
    waits.push(performance.now() - askedAt);
    await sleep(askEveryMs);
  }
  return waits;
}

function summaryOf(waits: number[]): Waits {
  const sorted = waits.sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { medianMs: at(0.5), p99Ms: at(0.99), mostMs: at(1) };
}

/** From now on `longestCommand` tells of the commands since. */
export async function watchCommands(redis: Redis): Promise<void> {
  await redis.config('SET', 'slowlog-log-slower-than', '500', 'slowlog-max-len', '10000');
  await redis.slowlog('RESET');
}

/** What Redis took for its longest command since `watchCommands`, by its own account, ms; 0 below half of one. */
export async function longestCommand(redis: Redis): Promise<number> {
  const entries: unknown = await redis.slowlog('GET', 10_000);
  if (!Array.isArray(entries)) return Number.NaN;
  const microseconds = entries.map((entry: unknown) => (Array.isArray(entry) ? Number(entry[2]) : 0));
  return Math.max(0, ...microseconds) / 1000;
}
