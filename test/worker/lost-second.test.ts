/**
 * A Redis that fails over loses its last second: the worker that has heard a task's id still knows it, records it again,
 * and pays for no second task.
 */
import { spawn } from 'node:child_process';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { stages } from '../../src/shared/jobs/catalogue.ts';
import { startOwnRedis } from '../setup/own-redis.ts';
import { connectTestRedis } from '../setup/redis.ts';
import { type System, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

/** All that Redis knew at this moment. @returns brings that back, and nothing else */
async function remember(redis: Redis, prefix: string): Promise<() => Promise<void>> {
  const known = await Promise.all(
    (await redis.keys(`${prefix}*`)).map(async (key) => ({
      key,
      dump: await redis.dumpBuffer(key),
      leftMs: Math.max(0, await redis.pttl(key)),
    })),
  );
  return async () => {
    const rollback = redis.multi();
    for (const key of await redis.keys(`${prefix}*`)) rollback.del(key);
    for (const { key, dump, leftMs } of known) if (dump !== null) rollback.restore(key, leftMs, dump);
    await rollback.exec();
  };
}

const settings = {
  simulator: { taskTime: '2s', answerDelay: '1s' },
  environment: { ON_AMBIGUOUS_SUBMIT: 'hold' },
} as const;

async function expectPaidOnce(system: System, id: string): Promise<void> {
  expect((await system.ended()).counts).toMatchObject({ saved: 1, held: 0, failed: 0 });
  expect(system.simulator.counts()).toMatchObject({ tasks: 1, creditsSpent: 10 });
  expect(await system.session.ledger.item(id)).toMatchObject({ possiblyPaidTwice: 0, creditsSpent: 10 });
}

describe('a Redis that is started again without its last second', () => {
  it('pays for nothing twice, whichever of several workers comes first', async () => {
    await using redis = await startOwnRedis();
    await using system = await startSystem({
      waitsForRedis: true,
      simulator: { taskTime: '2s', answerDelay: '100ms-400ms' },
      environment: {
        ON_AMBIGUOUS_SUBMIT: 'hold',
        SUBMIT_LIMIT: '10/200ms',
        REDIS_URL: redis.url,
      },
    });
    const links = 120;
    await system.give(links);
    await system.startWorker();
    const others = [await system.openSecondSession(), await system.openSecondSession()];
    const workers = await Promise.all(others.map((each) => each.startWorker(stages)));
    for (const made of [40, 80]) {
      await until(() => system.simulator.counts().tasks >= made, `${made} tasks are made`);
      await redis.losePower();
      await redis.start();
    }
    expect((await system.ended()).counts).toMatchObject({ saved: links, held: 0, failed: 0 });
    const tasks = Object.values(system.simulator.counts().links).map(({ taskIds }) => taskIds.length);
    expect(tasks).toEqual(Array(links).fill(1));
    expect(await system.session.ledger.batch('test')).toMatchObject({
      possiblyPaidTwice: 0,
      creditsSpent: links * 10,
    });
    await Promise.all(workers.map((worker) => worker.stop(1000)));
  });
});

describe('a machine that loses its power', () => {
  // The worker and the Redis of one machine: neither knows what was bought in the last second.
  it.each(['hold', 'resubmit'])('pays for nothing twice uncounted, with %s', async (policy) => {
    await using redis = await startOwnRedis();
    await using system = await startSystem({
      waitsForRedis: true,
      simulator: { taskTime: '2s', answerDelay: '100ms-400ms' },
      environment: { ON_AMBIGUOUS_SUBMIT: policy, SUBMIT_LIMIT: '10/200ms', REDIS_URL: redis.url },
    });
    const links = 60;
    await system.give(links);
    const worker = spawn(process.execPath, ['src/cli/main.ts', 'worker'], {
      env: { ...process.env, ...system.environment },
      stdio: 'ignore',
    });
    try {
      await until(() => system.simulator.counts().tasks >= 30, '30 tasks are made');
    } finally {
      worker.kill('SIGKILL');
    }
    expect(await redis.losePower()).toBeGreaterThan(0);
    await redis.start();
    await system.startWorker();
    const { counts, possiblyPaidTwice } = await until(async () => {
      const now = await system.session.ledger.batch('test');
      return now !== null && now.counts.saved + now.counts.held === links ? now : null;
    }, 'every link is saved or held');
    const tasks = Object.values(system.simulator.counts().links).map(({ taskIds }) => taskIds.length);
    const paidTwice = tasks.filter((made) => made > 1).length;
    expect(paidTwice).toBeLessThanOrEqual(policy === 'hold' ? 0 : possiblyPaidTwice);
    // Only calls that were open: an id that had come is known.
    expect(policy === 'hold' ? counts.held : possiblyPaidTwice).toBeLessThan(15);
  });
});

describe('a Redis that has lost its last second', () => {
  it('with a task’s id and its create call, gets the task again', async () => {
    await using system = await startSystem(settings);
    const redis = connectTestRedis();
    const [id = ''] = await system.give(1);
    const rollBack = await remember(redis, system.environment['QUEUE_PREFIX'] ?? '');
    await system.startWorker();
    await until(async () => (await system.session.ledger.item(id))?.state === 'processing', 'recorded');
    await rollBack();
    await redis.quit();
    await expectPaidOnce(system, id);
  });

  it('with a task’s id alone, gets the task again', async () => {
    await using system = await startSystem(settings);
    const redis = connectTestRedis();
    const prefix = system.environment['QUEUE_PREFIX'] ?? '';
    const [id = ''] = await system.give(1);
    await system.startWorker();
    const stateOf = async () => (await system.session.ledger.item(id))?.state;
    await until(async () => (await stateOf()) === 'submitting', 'the call is open');
    const rollBack = await remember(redis, prefix);
    await until(async () => (await stateOf()) === 'processing', 'recorded');
    await rollBack();
    // The sweep makes the job, as it does for every job that was lost; without waiting until it is due.
    for (const key of await redis.keys(`${prefix}:submit:*`)) await redis.del(key);
    await redis.zadd(`${prefix}:active`, 1, id);
    await redis.quit();
    await expectPaidOnce(system, id);
  });
});
