/**
 * Somebody else who asks the same Redis all the time: how long they wait. On a machine that is busy otherwise the
 * greatest wait is the scheduler's; what Redis itself took for its longest command tells the two apart.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

export interface Waits {
  readonly count: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly mostMs: number;
  /** What Redis took for its longest command meanwhile, by its own account. */
  readonly longestCommandMs: number;
}

const askEveryMs = 2;

export async function startAsking(redis: Redis): Promise<() => Promise<Waits>> {
  await redis.config('SET', 'slowlog-log-slower-than', '500', 'slowlog-max-len', '10000');
  await redis.slowlog('RESET');
  const waits: number[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const askedAt = performance.now();
      await redis.ping();
      waits.push(performance.now() - askedAt);
      await sleep(askEveryMs);
    }
  })();
  return async () => {
    isOver = true;
    await asking;
    waits.sort((a, b) => a - b);
    const at = (share: number) =>
      waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN;
    return {
      count: waits.length,
      medianMs: at(0.5),
      p99Ms: at(0.99),
      mostMs: at(1),
      longestCommandMs: await longestCommand(redis),
    };
  };
}

async function longestCommand(redis: Redis): Promise<number> {
  const entries: unknown = await redis.slowlog('GET', 10_000);
  if (!Array.isArray(entries)) return Number.NaN;
  const microseconds = entries.map((entry: unknown) => (Array.isArray(entry) ? Number(entry[2]) : 0));
  return Math.max(0, ...microseconds) / 1000;
}
