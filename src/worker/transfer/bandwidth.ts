/**
 * The bandwidth limit of a process (`--limit-rate`): a token bucket shared by all its transfers. A transfer is delayed
 * for the bytes it has received, so TCP slows the host down. Invariant: over any second, at most the rate plus a tenth
 * of a second's worth passes.
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
