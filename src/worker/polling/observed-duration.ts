/**
 * How long an ended task took. Pure; called by the status-check stage. The record's two instants say it to
 * the millisecond, by the vendor's clock alone; where they are missing, or contradict what was seen, the
 * middle between the last look that saw it running and the one that saw it ended has to do.
 */

export interface ObservedEnd {
  /** From the record; null when unset. */
  createTimeMs: number | null;
  completeTimeMs: number | null;
  /** By our clock. */
  submittedAt: number;
  /** The last look that saw it running, or null. */
  runningAt: number | null;
  /** The look that saw it ended. */
  endedBefore: number;
}

/** The vendor may need this long to accept a task, and to say that it has ended. */
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
