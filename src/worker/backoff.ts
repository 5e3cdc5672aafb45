/**
 * How long to wait before a retry: doubling, bounded, with jitter only above the floor, so that no retry is earlier
 * than a server asked for.
 */
import type { Backoff } from '../shared/policy.ts';

/**
 * @param failures how often it has failed so far, from 1
 * @param random a number from 0 up to 1
 * @param floorMs never sooner than this (Retry-After)
 */
export function backoffMs(
  { firstMs, mostMs }: Backoff,
  failures: number,
  random: number,
  floorMs = 0,
): number {
  const doubled = Math.min(mostMs, firstMs * 2 ** Math.max(0, failures - 1));
  return Math.round(Math.max(doubled, floorMs) * (1 + random / 4));
}
