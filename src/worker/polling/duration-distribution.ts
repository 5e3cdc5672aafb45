/**
 * The probability that a task has ended by each instant, learned from finished tasks. Pure; called by history.ts.
 * Newer tasks weigh more, so the distribution follows a drift. Each duration is smoothed over the distance to its
 * neighbours, so narrow and wide peaks keep their shape. A little of the prior stays, so unusual durations remain
 * possible.
 */
import type { Distribution } from './plan-polls.ts';

/** A task that ended this many tasks ago weighs half as much as the newest. */
const HALF_LIFE_TASKS = 80;
/** The prior weighs as much as this many tasks. */
const PRIOR_TASKS = 1;
/** The shortest task that is considered, and how much shorter than typical it may be. */
const SHORTEST_MS = 500;
const SHORTEST_SHARE_OF_TYPICAL = 1 / 40;
/** No two instants of the grid are closer than this, so that its size is bounded; none is earlier. */
const FINE_RATIO = 1.004;
const COARSE_RATIO = 1.04;
const GRID_START_MS = 100;

export interface Beliefs {
  typicalMs: number;
  /** After this a task is given up: nothing later is planned. */
  deadlineMs: number;
}

/** A duration with its weight and the width of its smoothing. */
interface Kernel {
  durationMs: number;
  weight: number;
  reachMs: number;
}

/** The distribution that follows from `durationsMs`, newest first. Without any it is the prior. */
export function learnDistribution(durationsMs: readonly number[], beliefs: Beliefs): Distribution {
  const kernels = createKernels(durationsMs);
  const timesMs = createGrid(kernels, beliefs.deadlineMs);
  const sum = kernels.reduce((total, { weight }) => total + weight, 0);
  const believed = PRIOR_TASKS / (PRIOR_TASKS + effectiveTasks(durationsMs.length));
  const cdf = timesMs.map((timeMs) => {
    if (timeMs >= beliefs.deadlineMs) return 1;
    const seen = sum === 0 ? 0 : endedByKernels(kernels, timeMs) / sum;
    return believed * endedByBelief(beliefs, timeMs) + (1 - believed) * seen;
  });
  return { timesMs, cdf };
}

/** The number of equally weighted tasks that the last `count` tasks are worth. */
export function effectiveTasks(count: number): number {
  if (count === 0) return 0;
  const decay = 2 ** (-1 / HALF_LIFE_TASKS);
  const sum = (1 - decay ** count) / (1 - decay);
  const sumOfSquares = (1 - decay ** (2 * count)) / (1 - decay ** 2);
  return sum ** 2 / sumOfSquares;
}

function createKernels(durationsMs: readonly number[]): Kernel[] {
  const kernels = durationsMs
    .map((durationMs, age) => ({
      durationMs: Math.max(GRID_START_MS, durationMs),
      weight: 2 ** (-age / HALF_LIFE_TASKS),
      reachMs: 0,
    }))
    .sort((left, right) => left.durationMs - right.durationMs);
  const neighbours = Math.max(1, Math.round(Math.sqrt(effectiveTasks(kernels.length))));
  for (const [index, kernel] of kernels.entries()) kernel.reachMs = reachOf(kernels, index, neighbours);
  return kernels;
}

/** The distance to the farthest of the `neighbours` nearest durations, on either side. */
function reachOf(kernels: readonly Kernel[], index: number, neighbours: number): number {
  const own = kernels[index]?.durationMs ?? 0;
  // With too few tasks to have neighbours, the width is a third of the duration.
  let reachMs = kernels.length > neighbours ? Number.POSITIVE_INFINITY : own / 3;
  for (let low = Math.max(0, index - neighbours); low <= index; low += 1) {
    const left = kernels[low];
    const right = kernels[low + neighbours];
    if (left === undefined || right === undefined) break;
    reachMs = Math.min(reachMs, Math.max(own - left.durationMs, right.durationMs - own));
  }
  return Math.min(own, Math.max(1, reachMs));
}

function endedByKernels(kernels: readonly Kernel[], timeMs: number): number {
  let ended = 0;
  for (const { durationMs, weight, reachMs } of kernels) {
    if (timeMs >= durationMs + reachMs) ended += weight;
    else if (timeMs > durationMs - reachMs)
      ended += (weight * (timeMs - durationMs + reachMs)) / (2 * reachMs);
  }
  return ended;
}

/** Every order of magnitude is equally likely: public reports range from a second to half an hour. */
function endedByBelief({ typicalMs, deadlineMs }: Beliefs, timeMs: number): number {
  const shortestMs = Math.max(SHORTEST_MS, typicalMs * SHORTEST_SHARE_OF_TYPICAL);
  if (timeMs <= shortestMs) return 0;
  return Math.min(1, Math.log(timeMs / shortestMs) / Math.log(deadlineMs / shortestMs));
}

/** Instants in fixed proportion, and those at or just after each bend of the learned distribution. */
function createGrid(kernels: readonly Kernel[], deadlineMs: number): Float64Array {
  const steps = new Set<number>();
  for (let timeMs = GRID_START_MS; timeMs < deadlineMs; timeMs *= COARSE_RATIO) steps.add(stepAfter(timeMs));
  for (const { durationMs, reachMs } of kernels) {
    for (const timeMs of [durationMs - reachMs, durationMs, durationMs + reachMs]) {
      if (timeMs >= GRID_START_MS) steps.add(stepAfter(timeMs));
    }
  }
  const instants = [...steps].map((step) => GRID_START_MS * FINE_RATIO ** step);
  const planned = instants.filter((timeMs) => timeMs < deadlineMs).sort((left, right) => left - right);
  return Float64Array.from([0, ...planned, deadlineMs]);
}

function stepAfter(timeMs: number): number {
  return Math.ceil(Math.log(timeMs / GRID_START_MS) / Math.log(FINE_RATIO) - 1e-9);
}
