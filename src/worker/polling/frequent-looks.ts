/**
 * Looks while the gate of queries has room: a query costs nothing then, so a result is found soon. Pure; called by
 * history.ts. The gap between two looks grows with the age, so the delay is a share of the task's own time; stretches
 * in which hardly any task ends are left out. Never later than the planned look.
 */
import { type Distribution, type LookPlan, nextLook } from './solve-looks.ts';

/** A task that ends somewhere in the gap is found half of it late: about 9 % of its time. */
const growth = 0.18;
/** Sibling endpoints allow 3 queries a second for a task. */
const leastGapMs = 400;
/** A look that finds fewer of the tasks that are still running is left out. */
const leastShare = 0.02;

export function nextFrequentLook(plan: LookPlan, ageMs: number): number {
  const soonMs = ageMs + Math.max(leastGapMs, growth * ageMs);
  return Math.min(nextLook(plan, ageMs), Math.max(soonMs, likelyEndMs(plan.distribution, ageMs)));
}

/** When the least share of the tasks that run at this age will have ended. */
function likelyEndMs({ timesMs, cdf }: Distribution, ageMs: number): number {
  const after = timesMs.findIndex((timeMs) => timeMs > ageMs);
  if (after < 0) return ageMs;
  const ended = cdf[Math.max(0, after - 1)] ?? 0;
  const wanted = ended + leastShare * (1 - ended);
  const index = cdf.findIndex((share, at) => at >= after && share >= wanted);
  return timesMs[index] ?? Number.POSITIVE_INFINITY;
}
