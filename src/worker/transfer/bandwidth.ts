/**
 * The cap on the bandwidth of a process (`--limit-rate`): a token bucket that all its transfers share. A
 * transfer takes what it has just received and is held back until the bucket allows for it, so TCP slows
 * the host down. Invariant: over any second no more than the rate plus a tenth of a second's worth passes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';

export interface Bandwidth {
  /** Resolves when these bytes, already received, are within the rate. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

export const unlimitedBandwidth: Bandwidth = { take: async () => undefined };

const BURST_MS = 100;

export function createBandwidth(bytesPerSecond: number, clock: Clock): Bandwidth {
  let freeAt = clock.now();
  return {
    async take(bytes, signal) {
      const now = clock.now();
      freeAt = Math.max(freeAt, now - BURST_MS) + (bytes * 1000) / bytesPerSecond;
      if (freeAt > now) await sleep(freeAt - now, undefined, { signal });
    },
  };
}
