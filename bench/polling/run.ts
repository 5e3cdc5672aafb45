/**
 * `npm run bench -- polling`: the learned polling schedule compared with fixed intervals, doubling, and the best possible
 * schedule for the true distribution. Prints the tables of docs/polling.md; `--svg FILE` writes the plot. Nothing is
 * measured in real time: the figures are the same on every machine.
 */
import { writeFile } from 'node:fs/promises';
import {
  type EndedTask,
  learnHistory,
  nextPollWithCallbacks,
  QUERY_COST_MS,
} from '../../src/worker/polling/history.ts';
import { nextPoll, planPolls } from '../../src/worker/polling/plan-polls.ts';
import { seededRandom } from '../gate/random.ts';
import {
  type DriftingTimes,
  driftingTimes,
  exactDistribution,
  standingTimes,
  type TaskTimes,
} from './distributions.ts';
import { runLearning, runPlain } from './online.ts';
import { type Panel, type PlotPoint, plotSvg } from './plot.ts';
import { cost, expectedOutcome, type Outcome, outcomeBesideCallbacks, plainSchedules } from './schedules.ts';

const BELIEFS = { typicalMs: 20_000, deadlineMs: 3_600_000 };
const LEARNED_TASKS = 200;
const SEEDS = 40;
const DRIFT_TASKS = 2_000;
const DRIFT_STEPS = 20;
/** Exchange rates that trace what the best schedules can do. */
const FRONTIER_COSTS_MS = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];

interface Row extends PlotPoint {
  /** Cost in seconds: queries at QUERY_COST_MS each, plus the delay. */
  costMs: number;
  /** Cost compared with the bound; of the learned schedule also that of the worst seed. */
  ratio: number;
  worstRatio: number | null;
}

interface Comparison {
  title: string;
  rows: Row[];
  frontier: Outcome[];
}

export async function run(args: string[]): Promise<void> {
  const standing = standingTimes.map(compareStanding);
  const drifting = driftingTimes.map(compareDrifting);
  for (const comparison of [...standing, ...drifting]) print(comparison);
  printBesideCallbacks();
  printVerdict('Standing distributions', standing);
  printVerdict('Drifting distributions', drifting);
  const svgFile = args[args.indexOf('--svg') + 1];
  if (args.includes('--svg') && svgFile !== undefined) {
    const panels: Panel[] = [...standing, ...drifting].map(({ title, rows, frontier }) => ({
      title,
      points: rows,
      frontier,
    }));
    await writeFile(svgFile, plotSvg(panels));
  }
}

/** Learns from 200 tasks, then takes the exact expectation; the mean over 40 such learnings. */
function compareStanding(times: TaskTimes): Comparison {
  const distribution = exactDistribution(times);
  const bound = bestOutcome(times, QUERY_COST_MS);
  const boundCost = cost(bound, QUERY_COST_MS);
  const learned = Array.from({ length: SEEDS }, (_, seed) => {
    const plan = learnHistory(drawTasks(times, seed + 1, 'poll'), BELIEFS).alone;
    return expectedOutcome(distribution, (ageMs) => nextPoll(plan, ageMs));
  });
  const plain = plainSchedules.map(({ name, next }) =>
    asRow(name, expectedOutcome(distribution, next), boundCost),
  );
  const worst = Math.max(...learned.map((outcome) => cost(outcome, QUERY_COST_MS))) / boundCost;
  const rows = [
    asRow('bound', bound, boundCost),
    asRow('learned', mean(learned), boundCost, worst),
    ...plain,
  ];
  const frontier = FRONTIER_COSTS_MS.map((queryCostMs) => bestOutcome(times, queryCostMs));
  return { title: `${times.name}: ${times.what}`, rows, frontier };
}

/** Learns while the tasks continue, from nothing; the same 2,000 tasks for every schedule. */
function compareDrifting(times: DriftingTimes): Comparison {
  const random = seededRandom(1);
  const durationsMs = Array.from({ length: DRIFT_TASKS }, (_, task) =>
    times.at(task / DRIFT_TASKS).draw(random),
  );
  const bestAt = (queryCostMs: number) =>
    mean(
      Array.from({ length: DRIFT_STEPS }, (_, step) =>
        bestOutcome(times.at((step + 0.5) / DRIFT_STEPS), queryCostMs),
      ),
    );
  const bound = bestAt(QUERY_COST_MS);
  const boundCost = cost(bound, QUERY_COST_MS);
  const learned = mean(runLearning(durationsMs, BELIEFS));
  const plain = plainSchedules.map(({ name, next }) =>
    asRow(name, mean(runPlain(durationsMs, next)), boundCost),
  );
  const rows = [asRow('bound', bound, boundCost), asRow('learned', learned, boundCost), ...plain];
  return { title: `${times.name}: ${times.what}`, rows, frontier: FRONTIER_COSTS_MS.map(bestAt) };
}

function bestOutcome(times: TaskTimes, queryCostMs: number): Outcome {
  const distribution = exactDistribution(times);
  const plan = planPolls(distribution, { queryCostMs, minGapMs: 0, missedCallbackRate: 1 });
  return expectedOutcome(distribution, (ageMs) => nextPoll(plan, ageMs));
}

function asRow(name: string, outcome: Outcome, boundCost: number, worstRatio: number | null = null): Row {
  const costMs = cost(outcome, QUERY_COST_MS);
  return { name, ...outcome, costMs, ratio: costMs / boundCost, worstRatio };
}

function mean(outcomes: readonly Outcome[]): Outcome {
  const sum = { queries: 0, delayMs: 0 };
  for (const { queries, delayMs } of outcomes) {
    sum.queries += queries / outcomes.length;
    sum.delayMs += delayMs / outcomes.length;
  }
  return sum;
}

function print({ title, rows }: Comparison): void {
  console.log(`\n${title}\n\n| schedule | queries a task | delay, s | cost, s | against the bound |`);
  console.log('| --- | ---: | ---: | ---: | ---: |');
  for (const { name, queries, delayMs, costMs, ratio, worstRatio } of rows) {
    const worst = worstRatio === null ? '' : ` (worst ${percent(worstRatio)})`;
    const figures = [queries.toFixed(2), seconds(delayMs), seconds(costMs), percent(ratio) + worst];
    console.log(`| ${name} | ${figures.join(' | ')} |`);
  }
}

/** After 200 tasks whose callbacks arrived: the cost of polls with callbacks, and the delay of a lost callback. */
function printBesideCallbacks(): void {
  console.log('\nwith callbacks, none of which was lost\n');
  console.log(
    '| tasks | polls before the callback, per task | delay of a result whose callback is lost, s |',
  );
  console.log('| --- | ---: | ---: |');
  for (const times of standingTimes) {
    const history = learnHistory(drawTasks(times, 1, 'callback'), BELIEFS);
    const next = (ageMs: number) => nextPollWithCallbacks(history, ageMs);
    const { queries, delayMs } = outcomeBesideCallbacks(exactDistribution(times), next);
    console.log(`| ${times.name} | ${queries.toFixed(3)} | ${seconds(delayMs)} |`);
  }
}

function drawTasks(times: TaskTimes, seed: number, seenBy: EndedTask['seenBy']): EndedTask[] {
  const random = seededRandom(seed);
  return Array.from({ length: LEARNED_TASKS }, () => ({ durationMs: times.draw(random), seenBy }));
}

function printVerdict(title: string, comparisons: readonly Comparison[]): void {
  const learned = comparisons.flatMap(({ rows }) => rows.filter(({ name }) => name === 'learned'));
  const worst = Math.max(...learned.map(({ ratio }) => ratio));
  const better = comparisons.flatMap(({ title: of, rows }) =>
    dominating(rows).map((name) => `${name} on ${of}`),
  );
  console.log(`\n${title}: the learned schedule costs at most ${percent(worst)} of the bound.`);
  console.log(
    `Schedules with fewer queries and less delay: ${better.length === 0 ? 'none' : better.join('; ')}.`,
  );
}

/** Plain schedules that beat the learned one in both ways. */
function dominating(rows: readonly Row[]): string[] {
  const learned = rows.find(({ name }) => name === 'learned');
  if (learned === undefined) return [];
  return plainSchedules
    .map(({ name }) => rows.find((row) => row.name === name))
    .filter((row) => row !== undefined)
    .filter(({ queries, delayMs }) => queries <= learned.queries && delayMs <= learned.delayMs)
    .map(({ name }) => name);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
