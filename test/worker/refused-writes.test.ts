/**
 * Redis refuses writes while create calls are open: received task ids are kept and recorded later, no task is created
 * meanwhile, and no link is paid twice or fails.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { type OwnRedis, refusals, startOwnRedis } from '../setup/own-redis.ts';
import { type System, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const links = 40;

function startOn(redis: OwnRedis): Promise<System> {
  return startSystem({
    waitsForRedis: true,
    simulator: { answerDelay: '1s', taskTime: '50ms' },
    environment: { REDIS_URL: redis.url, ON_AMBIGUOUS_SUBMIT: 'hold', SUBMIT_LIMIT: '10/1s' },
  });
}

const callsUnderWay = (system: System) =>
  until(() => system.simulator.counts().createCalls >= 10, 'create calls are under way');
const refusalSaid = (system: System) =>
  until(() => system.said.some((text) => /Redis refuses writes/.test(text)), 'the refusal is told');

/** Then any worker may take the jobs, as those of one that is dead. */
const locksExpired = async (redis: OwnRedis, system: System) => {
  const reader = new Redis(redis.url);
  const pattern = `${system.environment['QUEUE_PREFIX']}:submit:*:lock`;
  await until(async () => (await reader.keys(pattern)).length === 0, 'the locks of the jobs have expired');
  reader.disconnect();
};

function expectNothingTwice(system: System): void {
  const tasks = Object.values(system.simulator.counts().links).map(({ taskIds }) => taskIds.length);
  expect(tasks).toEqual(Array(links).fill(1));
}

describe.concurrent('a Redis that refuses writes', () => {
  it.each(refusals)('with %s loses no task id', async (how) => {
    await using redis = await startOwnRedis();
    await using system = await startOn(redis);
    await system.give(links);
    await system.startWorker();
    await callsUnderWay(system);
    await redis.refuse(how);
    await refusalSaid(system);
    await locksExpired(redis, system);
    // All would have been bought meanwhile.
    expect(system.simulator.counts().createCalls).toBeLessThan(links);
    await redis.acceptAgain();
    const batch = await system.ended();
    expect(batch.counts).toMatchObject({ saved: links, held: 0, failed: 0 });
    expect(batch.possiblyPaidTwice).toBe(0);
    expectNothingTwice(system);
  });

  it('until the process ends: the ids go to a file, and the next worker records them first', async () => {
    await using redis = await startOwnRedis();
    await using system = await startOn(redis);
    await system.give(links);
    const worker = await system.startWorker();
    await callsUnderWay(system);
    await redis.refuse('NOREPLICAS');
    await refusalSaid(system);
    // Longer than the open calls take on a busy machine.
    await worker.stop(10_000);
    const folder = join(system.environment['DATA_DIR'] ?? '', 'unrecorded-tasks');
    expect(await readdir(folder)).toHaveLength(1);
    expect(system.said.join('\n')).toMatch(/could not be recorded in Redis/);
    await redis.acceptAgain();
    await system.startWorker();
    expect(await readdir(folder)).toHaveLength(0);
    expect((await system.ended()).counts).toMatchObject({ saved: links, held: 0, failed: 0 });
    expectNothingTwice(system);
  });
});
