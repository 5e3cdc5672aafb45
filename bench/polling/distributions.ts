/** How long tasks take, as the benchmark supposes: each with its exact cdf and a sampler. */
import type { Distribution } from '../../src/worker/polling/plan-polls.ts';

export interface TaskTimes {
  name: string;
  /** In words, for the table. */
  what: string;
  /** Chance that a task has ended by a time. */
  ended(timeMs: number): number;
  /** One duration in milliseconds. */
  draw(random: () => number): number;
}

export const HORIZON_MS = 4 * 3_600_000;

export const standingTimes: readonly TaskTimes[] = [
  lognormal('short', 'about 3 s', 3_000, 0.3),
  lognormal('long', 'about 10 min', 600_000, 0.35),
  mixture(
    'bimodal',
    '60 % about 12 s, 40 % about 90 s',
    0.6,
    lognormal('', '', 12_000, 0.15),
    lognormal('', '', 90_000, 0.2),
  ),
  {
    name: 'memoryless',
    what: '30 s on average, at any age',
    ended: (timeMs) => 1 - Math.exp(-timeMs / 30_000),
    draw: (random) => -30_000 * Math.log(1 - random()),
  },
  lognormal('clockwork', '15 s within 2 %', 15_000, 0.02),
  lognormal('wide', 'about 20 s, from 3 s to 2 min', 20_000, 0.9),
];

/** Distributions that move while tasks are submitted; `progress` goes from 0 to 1. */
export interface DriftingTimes {
  name: string;
  what: string;
  at(progress: number): TaskTimes;
}

export const driftingTimes: readonly DriftingTimes[] = [
  {
    name: 'drifting',
    what: 'about 10 s, slowly growing to 60 s',
    at: (progress) => lognormal('drifting', '', 10_000 * 6 ** progress, 0.2),
  },
  {
    name: 'jumping',
    what: 'about 15 s, suddenly 60 s, then 5 s',
    at: (progress) =>
      lognormal('jumping', '', [15_000, 60_000, 5_000][Math.floor(progress * 2.999)] ?? 0, 0.2),
  },
];

/** The true distribution on a grid fine enough to solve for the bound: steps of 0.3 %. */
export function exactDistribution(times: TaskTimes): Distribution {
  const instants = [0];
  for (let timeMs = 50; timeMs < HORIZON_MS; timeMs *= 1.003) instants.push(timeMs);
  instants.push(HORIZON_MS);
  const timesMs = Float64Array.from(instants);
  const cdf = timesMs.map((timeMs) => (timeMs === HORIZON_MS ? 1 : times.ended(timeMs)));
  return { timesMs, cdf };
}

function lognormal(name: string, what: string, medianMs: number, spread: number): TaskTimes {
  return {
    name,
    what,
    ended: (timeMs) => (timeMs <= 0 ? 0 : normalCdf(Math.log(timeMs / medianMs) / spread)),
    draw: (random) => medianMs * Math.exp(spread * drawNormal(random)),
  };
}

function mixture(name: string, what: string, share: number, first: TaskTimes, second: TaskTimes): TaskTimes {
  return {
    name,
    what,
    ended: (timeMs) => share * first.ended(timeMs) + (1 - share) * second.ended(timeMs),
    draw: (random) => (random() < share ? first.draw(random) : second.draw(random)),
  };
}

function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Abramowitz and Stegun 26.2.17, exact to 1e-7. */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = series.reduceRight((rest, factor) => (rest + factor) * t, 0);
  const tail = Math.exp((-x * x) / 2) * sum * (1 / Math.sqrt(2 * Math.PI));
  return x >= 0 ? 1 - tail : tail;
}
