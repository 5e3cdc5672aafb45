/**
 * When to look at a running task again. Pure. A task found late costs its link time, a look too many costs
 * a query; so the looks come in proportion to the task's age.
 */

const firstLookMs = 2000;
const shareOfAge = 0.35;
const leastMs = 1000;
const mostMs = 15_000;

/** @param ageMs since the vendor took the task; @returns milliseconds from now */
export function nextLookMs(ageMs: number): number {
  if (ageMs < firstLookMs) return firstLookMs - Math.max(0, ageMs);
  return Math.min(mostMs, Math.max(leastMs, ageMs * shareOfAge));
}
