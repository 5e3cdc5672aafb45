/** All rows in virtual time: every server, scenario and number of processes, for the gate and the libraries. */
import { randomUUID } from 'node:crypto';
import type { RedisConnection } from '../../src/shared/redis/script.ts';
import { contenders } from './contenders.ts';
import { type Figures, measureRow } from './measure.ts';
import type { Row } from './row.ts';
import { boundPercent, configuredMax, delayMs, type Scenario, scenarios, windowMs } from './scenarios.ts';
import { createServer, type ServerKind, serverKinds } from './servers.ts';
import { type Request, runVirtually } from './virtual-gate.ts';
import { runLibrary } from './virtual-libraries.ts';

const windows = 60;
const durationMs = windows * windowMs;
const settlingMs = 3 * windowMs;
const processCounts = [1, 4] as const;
/** Where a change falls between two attempts, and when another client sends, is luck: such rows are means of so many. */
const luckyRuns = 4;

interface Course {
  readonly kind: ServerKind;
  readonly scenario: Scenario;
  readonly processes: number;
  readonly changeAtMs: number;
  readonly seed: number;
}

type Play = (course: Course) => Promise<Request[]>;

export async function virtualRows(redis: RedisConnection, onRow: (row: Row) => void): Promise<void> {
  const players = [
    { name: 'this gate', play: gatePlay(redis) },
    ...contenders.map(({ name, create }) => ({ name, play: libraryPlay(create) })),
  ];
  for (const kind of serverKinds) {
    for (const scenario of scenarios) {
      for (const processes of processCounts) {
        for (const { name, play } of players) {
          const figures = await meanFigures(play, { kind, scenario, processes });
          const bound = boundPercent(windowMs, delayMs);
          const facts = { server: kind, scenario: scenario.name, contender: name, processes };
          onRow({ time: 'virtual', ...facts, boundPercent: bound, ...figures });
        }
      }
    }
  }
}

const gatePlay =
  (redis: RedisConnection): Play =>
  async ({ kind, scenario, processes, changeAtMs, seed }) => {
    const server = createServer(kind, scenario.limit, windowMs * 1000);
    const { changesTo, otherGapMs } = scenario;
    const prefix = `{bench-${randomUUID()}}`;
    const requests = await runVirtually({
      redis,
      prefix,
      server,
      gate: {
        limit: { max: configuredMax, windowMs },
        leaseMs: 60_000,
        learn: scenario.known ? 'down' : 'both',
      },
      seed,
      workers: processes,
      durationMs,
      delayMs,
      events: changesTo === undefined ? [] : [{ atMs: changeAtMs, run: () => server.setLimit(changesTo) }],
      ...(otherGapMs && { otherGapMs }),
    });
    const state = `${prefix}:gate:submit`;
    await redis.del(state, `${state}:open`, `${state}:held`);
    return requests;
  };

const libraryPlay =
  (create: (typeof contenders)[number]['create']): Play =>
  ({ kind, scenario, processes, changeAtMs, seed }) =>
    runLibrary({
      server: createServer(kind, scenario.limit, windowMs * 1000),
      scenario,
      createLimiter: () => create({ max: configuredMax / processes, windowMs }),
      processes,
      durationMs,
      changeAtMs,
      seed,
    });

async function meanFigures(
  play: Play,
  course: Pick<Course, 'kind' | 'scenario' | 'processes'>,
): Promise<Figures> {
  const { changesTo, otherGapMs } = course.scenario;
  const runs = changesTo === undefined && otherGapMs === undefined ? 1 : luckyRuns;
  const figures: Figures[] = [];
  for (let index = 0; index < runs; index += 1) {
    const changeAtMs = durationMs / 2 + index * 1.5 * windowMs;
    const changedAtMs = changesTo === undefined ? 0 : changeAtMs;
    const requests = await play({ ...course, changeAtMs, seed: index + 1 });
    const settled = {
      fromMs: changedAtMs + settlingMs,
      toMs: durationMs,
      limit: changesTo ?? course.scenario.limit,
    };
    figures.push(measureRow(requests, windowMs, settled, changedAtMs, boundPercent(windowMs, delayMs)));
  }
  return {
    usedPercent: mean(figures.map((each) => each.usedPercent)),
    refusedPerThousand: mean(figures.map((each) => each.refusedPerThousand)),
    admitted: mean(figures.map((each) => each.admitted)),
    windowsToReach: meanOrNull(figures.map((each) => each.windowsToReach)),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanOrNull(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length < values.length ? null : mean(numbers);
}
