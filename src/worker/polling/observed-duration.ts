/**
 * How long a finished task took. Pure; called by the status-check stage. The record's two instants give it to the
 * millisecond by the vendor's clock. If they are missing or contradict the polls, the middle between the last poll
 * that saw it running and the one that saw it ended is used.
 */

export interface ObservedEnd {
  /** From the record; null when unset. */
  createTimeMs: number | null;
  completeTimeMs: number | null;
  /** By our clock. */
  submittedAt: number;
  /** The last poll that saw it running, or null. */
  runningAt: number | null;
  /** The poll that saw it ended. */
  endedBefore: number;
}

/** The vendor may need this long to accept a task, and to report its end. */
const TOLERANCE_MS = 10_000;

export function observedDurationMs(observed: ObservedEnd): number {
  const { createTimeMs, completeTimeMs, submittedAt, runningAt, endedBefore } = observed;
  const leastMs = Math.max(0, (runningAt ?? submittedAt) - submittedAt);
  const mostMs = Math.max(leastMs, endedBefore - submittedAt);
  if (createTimeMs !== null && completeTimeMs !== null) {
    const recordedMs = completeTimeMs - createTimeMs;
    const fits = recordedMs >= leastMs - TOLERANCE_MS && recordedMs <= mostMs + TOLERANCE_MS;
    if (fits && recordedMs >= 0) return recordedMs;
  }
  return Math.round((leastMs + mostMs) / 2);
}
