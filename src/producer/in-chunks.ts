/**
 * Processes a large batch in chunks that Redis answers in a few milliseconds, so that other clients are served in
 * between. The size depends on the time that Redis worked on the last chunk: a slow or busy one gets smaller chunks,
 * and a distant one no smaller than a near one. Used by the operations on batches.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const firstSize = 200;
const leastSize = 50;
const mostSize = 1000;
/** Below the first a chunk may grow, above the second it shrinks. */
const comfortableMs = { from: 1, to: 2.5 } as const;
const longestRestMs = 20;
const chunksPerPing = 20;

export interface ChunkRules {
  /** Costs Redis nothing, so it measures the network. */
  readonly ping: () => Promise<unknown>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `act` with the size of the next chunk until it has checked nothing more, or the signal is aborted.
 * @param act returns how many items it has checked
 */
export async function inChunks(
  act: (size: number) => Promise<number>,
  { ping, signal }: ChunkRules,
): Promise<void> {
  let size = firstSize;
  let wayMs = Number.POSITIVE_INFINITY;
  for (let chunks = 0; !signal?.aborted; chunks += 1) {
    // The minimum: a ping that had to queue says nothing about the network.
    if (chunks % chunksPerPing === 0) wayMs = Math.min(wayMs, (await timed(ping)).tookMs);
    const { result: looked, tookMs } = await timed(() => act(size));
    if (looked === 0) return;
    const workMs = Math.max(0, tookMs - wayMs);
    size = nextSize(size, workMs);
    // A busy Redis gets longer rests.
    await sleep(Math.min(longestRestMs, workMs / 4));
  }
}

async function timed<Result>(call: () => Promise<Result>): Promise<{ result: Result; tookMs: number }> {
  const startedAt = performance.now();
  const result = await call();
  return { result, tookMs: performance.now() - startedAt };
}

export function nextSize(size: number, workMs: number): number {
  if (workMs > comfortableMs.to) return Math.max(leastSize, Math.floor(size / 2));
  if (workMs < comfortableMs.from) return Math.min(mostSize, Math.ceil(size * 1.5));
  return size;
}
