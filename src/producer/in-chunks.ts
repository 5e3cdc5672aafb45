/**
 * Goes through a great batch in chunks that Redis answers in a few milliseconds, so that others are served in
 * between. The size follows the time the last chunk took: a slow or busy Redis gets smaller ones. Used by the
 * operations on batches.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const firstSize = 200;
const leastSize = 50;
const mostSize = 1000;
/** Below the first a chunk may grow, above the second it shrinks. */
const comfortableMs = { from: 2, to: 5 } as const;
const longestRestMs = 20;

/**
 * Calls `act` with the size of the next chunk until it has looked at nothing more, or the signal is aborted.
 * @param act returns how many items it has looked at
 */
export async function inChunks(act: (size: number) => Promise<number>, signal?: AbortSignal): Promise<void> {
  let size = firstSize;
  while (!signal?.aborted) {
    const startedAt = performance.now();
    const looked = await act(size);
    if (looked === 0) return;
    const tookMs = performance.now() - startedAt;
    size = nextSize(size, tookMs);
    // As a guest: a Redis that is busy gets longer rests.
    await sleep(Math.min(longestRestMs, tookMs / 4));
  }
}

/** Pure. */
export function nextSize(size: number, tookMs: number): number {
  if (tookMs > comfortableMs.to) return Math.max(leastSize, Math.floor(size / 2));
  if (tookMs < comfortableMs.from) return Math.min(mostSize, Math.ceil(size * 1.5));
  return size;
}
