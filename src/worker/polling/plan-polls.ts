/**
 * The best instants to poll a task, given the probability that it has ended by each of them. Pure; called by
 * history.ts with the learned distribution, and by the benchmark with the true one, as the bound. The cost is
 * `queryCostMs` for each poll, and each millisecond between the task's end and the poll that finds it. Dynamic
 * programming from the last instant back: which next poll is best after a poll at t?
 */

/** Probability that a task has ended by a time, as straight lines between grid points. */
export interface Distribution {
  /** Ascending, in milliseconds since submission; the first is 0, and by the last every task counts as ended. */
  timesMs: Float64Array;
  /** Never falling, from 0 to 1. */
  cdf: Float64Array;
}

/** After the last planned instant, the gap between polls is this share of the age. */
const GROWTH_PAST_THE_END = 0.05;

export interface PollPlan {
  distribution: Distribution;
  /** Integral of the cdf up to each grid point. */
  cdfIntegral: Float64Array;
  /** The later cost after a poll at the grid point, times the probability that the task runs then. */
  costToGo: Float64Array;
  costs: PollCosts;
}

export interface PollCosts {
  /** The delay that costs as much as a poll. */
  queryCostMs: number;
  /** The shortest time between two polls. */
  minGapMs: number;
  /** Share of tasks whose end no callback reports: 1 without callbacks, the lost ones with them. */
  missedCallbackRate: number;
}

export function planPolls(distribution: Distribution, costs: PollCosts): PollPlan {
  const costToGo = new Float64Array(distribution.timesMs.length);
  const plan: PollPlan = { distribution, cdfIntegral: integrate(distribution), costToGo, costs };
  for (let from = costToGo.length - 2; from >= 0; from -= 1) {
    costToGo[from] = bestPoll(plan, pointAt(plan, from), from + 1).cost;
  }
  return plan;
}

/** The best next poll, in milliseconds since submission, for a task seen running at `ageMs`. */
export function nextPoll(plan: PollPlan, ageMs: number): number {
  const { timesMs } = plan.distribution;
  const lastMs = timesMs[timesMs.length - 1] ?? 0;
  if (ageMs >= lastMs) return ageMs + Math.max(plan.costs.minGapMs, ageMs * GROWTH_PAST_THE_END);
  const after = firstAbove(timesMs, ageMs);
  return bestPoll(plan, interpolate(plan, after, ageMs), after).timeMs;
}

interface Point {
  timeMs: number;
  ended: number;
  integral: number;
}

/**
 * The cheapest poll among the grid points from `first` on, with all later ones. A poll is made if the task still runs
 * then, or has ended without a callback; only in the second case a result waits for it.
 */
function bestPoll(plan: PollPlan, start: Point, first: number): { timeMs: number; cost: number } {
  const { timesMs, cdf } = plan.distribution;
  const { queryCostMs, minGapMs, missedCallbackRate } = plan.costs;
  const last = timesMs.length - 1;
  const best = { timeMs: timesMs[last] ?? start.timeMs, cost: Number.POSITIVE_INFINITY };
  for (let to = first; to <= last; to += 1) {
    const gapMs = (timesMs[to] ?? 0) - start.timeMs;
    if (gapMs < minGapMs && to < last) continue;
    const ended = cdf[to] ?? 1;
    const delayMs = missedCallbackRate * ((plan.cdfIntegral[to] ?? 0) - start.integral - start.ended * gapMs);
    // The delay only grows with a later poll, so no later one can be cheaper.
    if (delayMs >= best.cost) break;
    const polls = 1 - ended + missedCallbackRate * (ended - start.ended);
    const cost = queryCostMs * polls + delayMs + (plan.costToGo[to] ?? 0);
    if (cost >= best.cost) continue;
    best.timeMs = start.timeMs + gapMs;
    best.cost = cost;
  }
  return best;
}

function pointAt({ distribution, cdfIntegral }: PollPlan, index: number): Point {
  return {
    timeMs: distribution.timesMs[index] ?? 0,
    ended: distribution.cdf[index] ?? 1,
    integral: cdfIntegral[index] ?? 0,
  };
}

function interpolate(plan: PollPlan, after: number, timeMs: number): Point {
  const left = pointAt(plan, Math.max(0, after - 1));
  const right = pointAt(plan, after);
  const width = right.timeMs - left.timeMs;
  const share = width > 0 ? (timeMs - left.timeMs) / width : 0;
  const ended = left.ended + share * (right.ended - left.ended);
  const integral = left.integral + ((left.ended + ended) / 2) * (timeMs - left.timeMs);
  return { timeMs, ended, integral };
}

function integrate({ timesMs, cdf }: Distribution): Float64Array {
  const integral = new Float64Array(timesMs.length);
  for (let index = 1; index < timesMs.length; index += 1) {
    const widthMs = (timesMs[index] ?? 0) - (timesMs[index - 1] ?? 0);
    const mean = ((cdf[index] ?? 1) + (cdf[index - 1] ?? 0)) / 2;
    integral[index] = (integral[index - 1] ?? 0) + mean * widthMs;
  }
  return integral;
}

/** Index of the first element above `value` in an ascending array. */
function firstAbove(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
