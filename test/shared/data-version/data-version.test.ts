/** The version of the data in Redis: recorded, migrated once by one process, refused when it is of a newer program. */
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { DataVersionError, openData, versionKey } from '../../../src/shared/data-version/data-version.ts';
import { firstVersion, type Migration, migrations } from '../../../src/shared/data-version/migrations.ts';
import { restoreOldData } from '../../setup/old-data.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';
import { shareLink, startSystem, testModel } from '../../setup/system.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());
const logger = pino({ level: 'silent' });
const current = migrations.at(-1)?.to ?? firstVersion;

test('an empty Redis gets the version of this program', async () => {
  const prefix = redisPrefix();
  await openData({ redis, prefix, logger });
  expect(await redis.get(versionKey(prefix))).toBe(String(current));
});

test('data without a version counts as the first, and the steps after it run in order', async () => {
  const prefix = redisPrefix();
  await redis.zadd(`${prefix}:batches`, 1, 'old');
  const ran: number[] = [];
  await openData({ redis, prefix, logger, steps: [step(2, ran), step(3, ran)] });
  expect(ran).toEqual([2, 3]);
  expect(await redis.get(versionKey(prefix))).toBe('3');
});

test('of ten processes that start together one migrates', async () => {
  const prefix = redisPrefix();
  await redis.zadd(`${prefix}:batches`, 1, 'old');
  const ran: number[] = [];
  const all = Array.from({ length: 10 }, () => openData({ redis, prefix, logger, steps: [step(2, ran)] }));
  await Promise.all(all);
  expect(ran).toEqual([2]);
});

test('a step that was cut off runs again, and the ones before it do not', async () => {
  const prefix = redisPrefix();
  await redis.zadd(`${prefix}:batches`, 1, 'old');
  const ran: number[] = [];
  const broken: Migration = { to: 3, title: 'breaks', run: () => Promise.reject(new Error('killed')) };
  await expect(openData({ redis, prefix, logger, steps: [step(2, ran), broken] })).rejects.toThrow('killed');
  await openData({ redis, prefix, logger, steps: [step(2, ran), step(3, ran)] });
  expect(ran).toEqual([2, 3]);
});

test('data of a newer program is refused with what to do', async () => {
  const prefix = redisPrefix();
  await redis.set(versionKey(prefix), '99');
  const refused = openData({ redis, prefix, logger });
  await expect(refused).rejects.toThrow(DataVersionError);
  await expect(refused).rejects.toThrow(/data version 99.*Update kie-batch/);
  expect(await redis.get(versionKey(prefix))).toBe('99');
});

test('data of release 0.1.0 is opened: counts are kept, waiting links are finished, saved ones are not paid again', async () => {
  const prefix = redisPrefix();
  await restoreOldData(prefix, redis);
  await using system = await startSystem({ environment: { QUEUE_PREFIX: prefix } });
  const { ledger } = system.session;
  expect((await ledger.batch('finished'))?.counts).toMatchObject({ saved: 2, failed: 1 });
  expect((await ledger.batch('waiting'))?.counts).toMatchObject({ queued: 2, saved: 1, failed: 1 });
  expect((await ledger.batch('gone'))?.counts).toMatchObject({ cancelled: 1 });
  const saved = `s_a1${'0'.repeat(30)}`;
  expect(await ledger.item(saved)).toMatchObject({ state: 'saved', creditsSpent: 10 });

  await ledger.openBatch('again', { model: testModel, root: `${system.folder}/videos/` });
  const url = shareLink(0).replace(/s_.*/, saved);
  expect((await ledger.enqueue('again', [{ id: saved, url }])).answers).toEqual(['already-saved']);
  await system.startWorker();
  expect((await system.ended('waiting')).counts).toMatchObject({ saved: 3, failed: 1 });
  expect(system.simulator.counts().createCalls).toBe(2);
});

function step(to: number, ran: number[]): Migration {
  return {
    to,
    title: `step ${to}`,
    run: async () => {
      ran.push(to);
    },
  };
}
