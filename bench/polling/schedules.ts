/** The compared schedules: the next poll of a task of a given age, both in milliseconds. */
import type { Distribution } from '../../src/worker/polling/plan-polls.ts';

export type Schedule = (ageMs: number) => number;

export interface NamedSchedule {
  name: string;
  next: Schedule;
}

export const plainSchedules: readonly NamedSchedule[] = [
  { name: 'every 2 s', next: (ageMs) => ageMs + 2_000 },
  { name: 'every 5 s', next: (ageMs) => ageMs + 5_000 },
  { name: 'every 15 s', next: (ageMs) => ageMs + 15_000 },
  { name: 'doubling', next: (ageMs) => (ageMs === 0 ? 2_000 : ageMs * 2) },
];

/** What a schedule comes to, on average over tasks. */
export interface Outcome {
  queries: number;
  delayMs: number;
}

/** The exact expectation over a distribution: no task is drawn. */
export function expectedOutcome(distribution: Distribution, next: Schedule): Outcome {
  const endedBy = createCdf(distribution);
  const lastMs = distribution.timesMs.at(-1) ?? 0;
  let [queries, delayMs, ageMs, ended, integral] = [0, 0, 0, 0, 0];
  while (ageMs < lastMs && 1 - ended > 1e-9) {
    const pollMs = next(ageMs);
    const at = endedBy(pollMs);
    queries += 1 - ended;
    delayMs += at.integral - integral - ended * (pollMs - ageMs);
    [ageMs, ended, integral] = [pollMs, at.ended, at.integral];
  }
  return { queries, delayMs };
}

/**
 * The same beside callbacks: polls that are made because no callback has come yet, where none is lost; and
 * the delay of a result whose callback is.
 */
export function outcomeBesideCallbacks(distribution: Distribution, next: Schedule): Outcome {
  const { delayMs } = expectedOutcome(distribution, next);
  const endedBy = createCdf(distribution);
  const lastMs = distribution.timesMs.at(-1) ?? 0;
  let queries = 0;
  for (let pollMs = next(0); pollMs < lastMs; pollMs = next(pollMs)) queries += 1 - endedBy(pollMs).ended;
  return { queries, delayMs };
}

export function cost({ queries, delayMs }: Outcome, queryCostMs: number): number {
  return queries * queryCostMs + delayMs;
}

/** The cdf and its integral at any time. */
function createCdf({ timesMs, cdf }: Distribution): (timeMs: number) => { ended: number; integral: number } {
  const integrals = new Float64Array(timesMs.length);
  for (let index = 1; index < timesMs.length; index += 1) {
    const widthMs = (timesMs[index] ?? 0) - (timesMs[index - 1] ?? 0);
    integrals[index] =
      (integrals[index - 1] ?? 0) + (((cdf[index] ?? 0) + (cdf[index - 1] ?? 0)) / 2) * widthMs;
  }
  const last = timesMs.length - 1;
  return (timeMs) => {
    const pastMs = timeMs - (timesMs[last] ?? 0);
    if (pastMs >= 0) return { ended: 1, integral: (integrals[last] ?? 0) + pastMs };
    let low = 0;
    for (let step = 1 << 14; step > 0; step >>= 1) {
      if (low + step <= last && (timesMs[low + step] ?? 0) <= timeMs) low += step;
    }
    const [leftMs, rightMs] = [timesMs[low] ?? 0, timesMs[low + 1] ?? 0];
    const start = cdf[low] ?? 0;
    const ended = start + (((cdf[low + 1] ?? 1) - start) * (timeMs - leftMs)) / (rightMs - leftMs);
    return { ended, integral: (integrals[low] ?? 0) + ((start + ended) / 2) * (timeMs - leftMs) };
  };
}
