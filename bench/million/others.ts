/** Somebody else who asks the same Redis all the time: how long they wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

export interface Waits {
  readonly count: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

const askEveryMs = 2;

export function startAsking(redis: Redis): () => Promise<Waits> {
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
    return { count: waits.length, medianMs: at(0.5), p99Ms: at(0.99), mostMs: at(1) };
  };
}
