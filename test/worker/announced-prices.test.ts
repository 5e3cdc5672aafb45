/** Batches whose price no person confirms: what was announced, and what happens if tasks cost more. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serverOperations } from '../../src/app/server-operations.ts';
import { createProducer } from '../../src/library/create-producer.ts';
import { createStorage } from '../../src/shared/storage/create-storage.ts';
import { type System, shareLink, startSystem, testModel } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { makeVideo, startVideoHost } from '../setup/video-host.ts';

const links = (count: number) => Array.from({ length: count }, (_, n) => shareLink(n));
const expectedCost = { kind: 'each', credits: 10, basis: '10 a task, by the model’s definition' };

/** One task is paid for each that runs at once; the others are not. */
async function pausedBatch(system: System) {
  const batch = await until(async () => {
    const now = await system.session.ledger.batch('test');
    return now?.dearer ? now : null;
  }, 'the batch is paused');
  expect(batch).toMatchObject({ isPaused: true, dearer: { announced: 10, costs: 80 } });
}

const dear = { creditsPerTask: 80, limit: { max: 2, windowMs: 600_000 } } as const;

it('of the dashboard and the API are announced, and paused without a budget', async () => {
  await using system = await startSystem({ simulator: dear });
  const storage = await createStorage(system.environment['STORAGE_URL'] ?? '', { clock: Date });
  const created = await serverOperations(system.session, storage).create({
    batch: 'test',
    model: testModel,
    listName: 'body.txt',
    inputs: {},
    force: false,
    chunks: (async function* () {
      yield Buffer.from(links(20).join('\n'));
    })(),
    onInvalid: () => undefined,
    signal: new AbortController().signal,
  });
  expect(created).toMatchObject({ accepted: 20, cost: expectedCost });
  await system.startWorker();
  await pausedBatch(system);
  await storage.close();
});

it('of the library are announced, and paused without a budget', async () => {
  await using system = await startSystem({ simulator: dear });
  await using producer = await createProducer({ settings: system.environment });
  expect(await producer.enqueue(links(20), { batch: 'test' })).toMatchObject({ cost: expectedCost });
  await system.startWorker();
  await pausedBatch(system);
});

it('are paused where tasks are paid by the second and a second costs more', async () => {
  await using host = await startVideoHost({ '/a.mp4': await makeVideo(10), '/b.mp4': await makeVideo(10) });
  const simulator = { priceFactor: 2, priceList: 'absent', limit: { max: 1, windowMs: 600_000 } } as const;
  await using system = await startSystem({ simulator });
  await using producer = await createProducer({ settings: system.environment });
  const given = [`${host.url}/a.mp4`, `${host.url}/b.mp4`];
  const enqueued = await producer.enqueue(given, {
    batch: 'test',
    model: 'topaz/video-upscale',
    upload: true,
  });
  expect(enqueued.cost.basis).toMatch(/^8 a second/);
  await system.startWorker();
  const batch = await until(async () => {
    const now = await system.session.ledger.batch('test');
    return now?.dearer ? now : null;
  }, 'the batch is paused');
  expect(batch.dearer).toEqual({ announced: 80, costs: 160 });
});

it('keep the first price that was announced until a person agrees to another', async () => {
  await using system = await startSystem();
  const { ledger } = system.session;
  await ledger.openBatch('test', { model: testModel, root: '/' });
  await ledger.announceFirstPrice('test', 10);
  await ledger.announceFirstPrice('test', 99);
  expect(
    await system.session.redis.hget(`${system.environment['QUEUE_PREFIX']}:batch:test`, 'announced'),
  ).toBe('10');
});

it('are logged when they are paused by a failed task that was billed', async () => {
  const simulator = { creditsPerTask: 80, billFailures: true, showCredits: 'at-end' } as const;
  await using system = await startSystem({ simulator: { ...simulator, faults: { 'task-fails-422': 1 } } });
  const { ledger } = system.session;
  await ledger.openBatch('test', { model: testModel, root: '/' });
  await ledger.announceFirstPrice('test', 10);
  await system.give(1);
  await system.startWorker();
  await pausedBatch(system);
  const log = join(system.environment['DATA_DIR'] ?? '', 'logs', 'kie-batch.log');
  await until(
    async () => (await readFile(log, 'utf8').catch(() => '')).includes('cost more than announced') || null,
    'the pause is in the log',
  );
});
