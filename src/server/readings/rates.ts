/**
 * How fast things go, and until when: from samples and counts. Pure.
 */
import type { GateState } from '../../shared/gate-state/gate-state.ts';
import type { Sample } from './samples.ts';

export interface Rates {
  /** Tasks admitted in ten seconds. */
  readonly admittedPer10s: number;
  readonly savedPerMinute: number;
  readonly failedPerMinute: number;
}

/** Over this much of the latest past. */
const windowMs = 60_000;

/** @returns null when there is too little to tell */
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

/**
 * Milliseconds until so many waiting links have been submitted and the last of them is through, at the gate's
 * real rate, or at its limit when nothing has been measured yet, after the vendor's pause; null when nothing moves.
 */
export function etaMs(
  left: number,
  rates: Rates | null,
  gate: GateState | null,
  pauseMs: number,
): number | null {
  if (left === 0) return 0;
  const measured = rates === null ? 0 : Math.max(rates.admittedPer10s, rates.savedPerMinute / 6);
  const limit = gate === null ? 0 : (gate.rate.max / gate.rate.windowMs) * 10_000;
  const per10s = measured > 0 ? measured : limit;
  return per10s > 0 ? pauseMs + (left / per10s) * 10_000 : null;
}
