/**
 * Goes through a great batch in chunks of a size that Redis answers in a few milliseconds. Pauses as long as
 * the chunk took, so that others are served in between however busy Redis is. Used by the operations on batches.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** About 3 ms of a slow core's time. */
export const chunkSize = 500;

/** Calls `act` until it answers 0 or false, or the signal is aborted. */
export async function inChunks(act: () => Promise<number | false>, signal?: AbortSignal): Promise<void> {
  for (;;) {
    if (signal?.aborted) return;
    const startedAt = performance.now();
    const looked = await act();
    if (looked === 0 || looked === false) return;
    await sleep(Math.min(20, (performance.now() - startedAt) / 4));
  }
}
