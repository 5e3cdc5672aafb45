/**
 * How fast links move, from samples. Pure.
 */
import type { Sample } from './samples.ts';

export interface Rates {
  /** Tasks admitted in ten seconds. */
  readonly admittedPer10s: number;
  readonly savedPerMinute: number;
  readonly failedPerMinute: number;
}

/** Over this much of the latest past. */
const windowMs = 60_000;

/** @returns null with too little data */
export function ratesOf(samples: readonly Sample[], now: number): Rates | null {
  const recent = samples.filter(({ at }) => at >= now - windowMs);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || last.at === first.at) return null;
  const perMs = (name: 'admitted' | 'saved' | 'failed') =>
    Math.max(0, last[name] - first[name]) / (last.at - first.at);
  return {
    admittedPer10s: perMs('admitted') * 10_000,
    savedPerMinute: perMs('saved') * 60_000,
    failedPerMinute: perMs('failed') * 60_000,
  };
}
