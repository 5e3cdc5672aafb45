/** One run: trouble for a while, then none until everything has ended, then the judgement. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openSession, type Session } from '../src/app/session.ts';
import { parseConfiguration } from '../src/shared/configuration/configuration.ts';
import { withTimeout } from '../src/shared/time/with-timeout.ts';
import { until } from '../test/setup/until.ts';
import { giveAgain, giveLinks } from './batches.ts';
import { reportItem, secondsSince } from './item-report.ts';
import { isAtRest, type Judgement, judge } from './judge.ts';
import type { ChaosOptions } from './options.ts';
import { torment } from './tormentor.ts';
import { openWorld, type World } from './world.ts';

export interface ChaosReport extends Judgement {
  /** The run that results from the seed and the options. */
  readonly settings: string;
  readonly torments: ReadonlyMap<string, number>;
  readonly seconds: number;
  /** What was done, line by line. */
  readonly timeline: readonly string[];
  /** Of the items of violations. */
  readonly histories: readonly string[];
}

/** Of hundreds of equal violations, the first few are enough. */
const mostHistories = 5;
const restForMs = 3000;

/** @param stopped ends the run early, and everything that it has started */
export async function runChaos(options: ChaosOptions, stopped: AbortSignal): Promise<ChaosReport> {
  await using world = await openWorld(options);
  const early = Promise.withResolvers<never>();
  stopped.addEventListener('abort', () => early.reject(stopped.reason));
  if (stopped.aborted) throw stopped.reason;
  return await Promise.race([tormentAndJudge(world), early.promise]);
}

async function tormentAndJudge(world: World): Promise<ChaosReport> {
  const { options, services, proxies } = world;
  const startedAt = performance.now();
  const given = giveLinks(world);
  const done = await torment(world, given);
  const { tasks } = world.simulator.counts();
  world.note(`the trouble is over: ${tasks} tasks were made meanwhile`);
  const all = Object.values(proxies);
  for (const proxy of all) proxy.heal();
  const cuts = all.reduce((sum, proxy) => sum + proxy.cuts(), 0);
  world.simulator.settings({ ...world.usual, faults: {} });
  const endsAt = performance.now() + options.drainMinutes * 60_000;
  const givenAgain = given.then(() => (world.losses.redis > 0 ? giveAgain(world) : undefined));
  await withTimeout(givenAgain, options.drainMinutes * 60_000, undefined);
  await using session = await openOutside(world);
  const isLate = !(await untilAtRest(world, session, endsAt));
  for (const service of services) await service.stop();
  const judgement = await judge(world, session);
  const ids = new Set(judgement.violations.map(({ itemId }) => itemId));
  const reported = judgement.items.filter(({ id }) => ids.has(id)).slice(0, mostHistories);
  const late = { message: `not at rest ${options.drainMinutes} minutes after the trouble`, itemId: null };
  return {
    ...judgement,
    facts: { ...judgement.facts, tasksMeanwhile: tasks, connectionsCut: cuts },
    violations: [...(isLate ? [late] : []), ...judgement.violations],
    settings: world.settings,
    torments: done,
    seconds: (performance.now() - startedAt) / 1000,
    timeline: world.timeline.map(({ at, what }) => `${secondsSince(world.startedAt, at)}  ${what}`),
    histories: await Promise.all(reported.map((item) => reportItem(world, item, session))),
  };
}

/** The judge's own view of the ledger. */
async function openOutside({ environment }: World): Promise<Session & AsyncDisposable> {
  const open = () =>
    openSession({
      loaded: parseConfiguration({ ...environment, LOG_LEVEL: 'error' }),
      output: { isWatched: false, warn: () => undefined },
      modelFiles: [],
      logTo: 'file',
    });
  // The last failover may not be over.
  const session = await until(() => open().catch(() => null), 'Redis can be used');
  return { ...session, [Symbol.asyncDispose]: () => session.close() };
}

async function untilAtRest(
  { batches, runner, note }: World,
  session: Session,
  endsAt: number,
): Promise<boolean> {
  let restedMs = 0;
  while (performance.now() < endsAt) {
    const isResting = runner.isDone() && (await isAtRest(session, batches.keys()));
    restedMs = isResting ? restedMs + 500 : 0;
    if (restedMs >= restForMs) {
      note('everything is at rest');
      return true;
    }
    await sleep(500);
  }
  return false;
}
