/** Schedules with as many runners as a test wants, on a real Redis, each runner with connections of its own. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { Schedule, ScheduleRun } from '../../../src/producer/schedules/schedule.ts';
import { scheduleKeys } from '../../../src/producer/schedules/schedule-keys.ts';
import { type ScheduleRunner, startScheduleRunner } from '../../../src/producer/schedules/schedule-runner.ts';
import { createScheduleStore } from '../../../src/producer/schedules/schedule-store.ts';
import {
  addSchedule,
  type NewSchedule,
  type SchedulesDeps,
} from '../../../src/producer/schedules/schedules.ts';
import { openTicksQueue } from '../../../src/producer/schedules/ticks-queue.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { createLedger, type Ledger } from '../../../src/shared/ledger/ledger.ts';
import { loadModels } from '../../../src/shared/models/load-models.ts';
import { shareUrlOf } from '../../../src/shared/models/share-url.ts';
import { createOutgoing } from '../../../src/shared/outgoing/outgoing.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';
import { until } from '../../setup/until.ts';

const models = loadModels({ extraFiles: [] });
export const everySecond = '* * * * * *';

export interface Scheduling {
  readonly folder: string;
  readonly deps: SchedulesDeps;
  readonly ledger: Ledger;
  add(change?: Partial<NewSchedule>): Promise<Schedule>;
  startRunner(host?: string): ScheduleRunner;
  /** The runs so far, the oldest first. */
  runs(name?: string): Promise<ScheduleRun[]>;
  /** Waits until there are so many of them. */
  ran(count: number, name?: string): Promise<ScheduleRun[]>;
  /** Ticks left out while the present run continues. */
  skippedTicks(name?: string): Promise<number>;
}

export async function startScheduling(): Promise<Scheduling> {
  const redis = connectTestRedis();
  const prefix = redisPrefix();
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-schedule-'));
  const outgoing = createOutgoing({ allowPrivateAddresses: true });
  const queue = openTicksQueue({ redis, prefix });
  const store = createScheduleStore({ redis, prefix });
  const runners = new Set<ScheduleRunner>();
  const logger = pino({ level: 'silent' });
  const ledger = createLedger({
    redis,
    prefix,
    shareUrl: (model, id) => shareUrlOf(models.get(model), id),
  });
  const deps = { queue, store, clock: systemClock };
  onTestFinished(async () => {
    await Promise.all([...runners].map((runner) => runner.stop()));
    await queue.close();
    await outgoing.close();
    await redis.quit();
    await rm(folder, { recursive: true, force: true });
  });
  const runs = async (name = 'news') => (await store.runs(name, 100)).toReversed();
  return {
    folder,
    deps,
    ledger,
    runs,
    add: (change = {}) =>
      addSchedule(
        {
          name: 'news',
          cron: everySecond,
          timeZone: 'UTC',
          source: 'links.txt',
          model: 'sora-watermark-remover',
          column: null,
          batchTemplate: '{name}',
          maxCredits: null,
          ...change,
        },
        folder,
        deps,
      ),
    startRunner(host = 'here') {
      const connection = connectTestRedis();
      const runner = startScheduleRunner({
        redis,
        prefix,
        connection,
        ledger,
        models,
        logger,
        clock: systemClock,
        sources: { outgoing, clock: systemClock, logger, maxListBytes: 1e6, settleMs: 0, retryDelaysMs: [] },
        storageRoot: '/videos/',
        host,
        nudge: () => undefined,
      });
      let stopped: Promise<void> | undefined;
      const stoppable = {
        stop() {
          stopped ??= runner.stop().then(() => void connection.disconnect());
          return stopped;
        },
      };
      runners.add(stoppable);
      return stoppable;
    },
    ran: (count, name) =>
      until(async () => {
        const found = await runs(name);
        return found.length >= count && found;
      }, `there were ${count} runs`),
    skippedTicks: async (name = 'news') =>
      Number((await redis.hget(scheduleKeys(prefix).running(name), 'skipped')) ?? 0),
  };
}

/** A list behind a URL that is held back until it is let go. */
export async function serveSlowly(body: string) {
  let asked = 0;
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = createServer((_request, response) => {
    asked += 1;
    released.then(() => response.writeHead(200, { etag: '"1"' }).end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}/links`, asked: () => asked, release };
}
