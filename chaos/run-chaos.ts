/** One run: trouble for a while, then peace until everything has come to its end, then the judgement. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { openSession } from '../src/app/session.ts';
import { parseConfiguration } from '../src/shared/configuration/configuration.ts';
import { reportItem } from './item-report.ts';
import { isAtRest, type Judgement, judge } from './judge.ts';
import type { ChaosOptions } from './options.ts';
import { torment } from './tormentor.ts';
import { giveAgain, openWorld, produce, type World } from './world.ts';

export interface ChaosReport extends Judgement {
  readonly seed: number;
  readonly policy: string;
  readonly hasCallbacks: boolean;
  readonly torments: ReadonlyMap<string, number>;
  readonly seconds: number;
  /** What was done, line by line. */
  readonly diary: readonly string[];
  /** Of the items of violations. */
  readonly histories: readonly string[];
}

/** Of a violation in hundreds, the first few tell what is wrong. */
const mostHistories = 5;
const restForMs = 3000;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  await using world = await openWorld(options);
  const startedAt = performance.now();
  const given = produce(world);
  const done = await torment(world);
  world.note('the trouble is over');
  world.toRedis.heal();
  world.toVendor.heal();
  world.simulator.settings({ ...world.usual, faults: {} });
  await given;
  if (world.calm.redisLostAt > 0) await giveAgain(world);
  await using outside = await openOutside(world);
  const isLate = !(await untilAtRest(world, outside));
  for (const service of [...world.workers, world.server]) await service.stop();
  const judgement = await judge(world, outside.session, outside.redis);
  const ids = new Set(judgement.violations.flatMap(({ id }) => (id === null ? [] : [id])));
  const reported = judgement.items.filter(({ id }) => ids.has(id)).slice(0, mostHistories);
  return {
    ...judgement,
    violations: [
      ...(isLate ? [{ words: `not at rest after ${options.drainMinutes} minutes of peace`, id: null }] : []),
      ...judgement.violations,
    ],
    seed: options.seed,
    policy: world.policy,
    hasCallbacks: world.hasCallbacks,
    torments: done,
    seconds: (performance.now() - startedAt) / 1000,
    diary: world.diary,
    histories: await Promise.all(reported.map((item) => reportItem(world, item, outside.redis))),
  };
}

/** The ledger and Redis, past the proxies. */
async function openOutside(world: World) {
  const session = await openSession({
    loaded: parseConfiguration({ ...world.environment, REDIS_URL: world.redisUrl, LOG_LEVEL: 'error' }),
    output: { isWatched: false, warn: () => undefined },
    modelFiles: [],
    logTo: 'file',
  });
  const redis = new Redis(world.redisUrl);
  return {
    session,
    redis,
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await session.close();
    },
  };
}

async function untilAtRest(
  { batches, options, note }: World,
  { session }: Awaited<ReturnType<typeof openOutside>>,
): Promise<boolean> {
  const endsAt = performance.now() + options.drainMinutes * 60_000;
  let restedMs = 0;
  while (performance.now() < endsAt) {
    restedMs = (await isAtRest(session, batches.keys())) ? restedMs + 500 : 0;
    if (restedMs >= restForMs) {
      note('everything is at rest');
      return true;
    }
    await sleep(500);
  }
  return false;
}
