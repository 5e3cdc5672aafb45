/** Deleted files against a real Redis: what is fetched again is counted once, and can neither be lost nor paid again. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cancelBatch } from '../../src/producer/cancel-batch.ts';
import { type FetchMissingDeps, fetchMissing } from '../../src/producer/fetch-missing.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { openQueues, type Queues } from '../../src/shared/jobs/catalogue.ts';
import { createBatchOperations } from '../../src/shared/ledger/batch-operations.ts';
import { createLedger, type Ledger } from '../../src/shared/ledger/ledger.ts';
import { createFileStorage } from '../../src/shared/storage/file-storage.ts';
import { resultKeys } from '../../src/shared/storage/result-key.ts';
import { connectTestRedis, redisPrefix } from '../setup/redis.ts';

describe('the deleted files of a batch', () => {
  let redis: Redis;
  let prefix: string;
  let root: string;
  let ledger: Ledger;
  let queues: Queues;
  let deps: FetchMissingDeps;

  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });
  beforeEach(async () => {
    prefix = redisPrefix();
    root = await mkdtemp(join(tmpdir(), 'kie-batch-missing-'));
    const shareUrl = (_model: string, id: string) => `https://sora.chatgpt.com/p/${id}`;
    ledger = createLedger({ redis, prefix, shareUrl });
    queues = openQueues({ redis, prefix });
    const storage = createFileStorage(root, { clock: systemClock });
    deps = { ledger, queues, verify: { storage, keyOf: resultKeys('{batch}/{id}.mp4') } };
    for (const batch of ['one', 'two']) {
      await ledger.openBatch(batch, { model: 'm', root: `${root}/` });
      await ledger.enqueue(batch, [{ id: 's_a', url: shareUrl('m', 's_a') }]);
    }
    return async () => {
      await queues.close();
      await rm(root, { recursive: true });
    };
  });

  const save = async (bytes: number) => {
    await ledger.move('beginSubmit', 's_a');
    await ledger.move('recordTask', 's_a', { taskId: 't1', stamp: ['submittedAt'] });
    await ledger.move('beginDownload', 's_a', { addCreditsSpent: 10, stamp: ['completedAt'] });
    await ledger.move('save', 's_a', { addBytes: bytes, file: null, stamp: ['savedAt'] });
  };
  const put = async (name: string, bytes: number) => {
    await mkdir(join(root, 'one'), { recursive: true });
    await writeFile(join(root, 'one', name), Buffer.alloc(bytes));
  };
  const countsOf = async (name: string) => {
    const batch = (await ledger.batch(name)) ?? expect.fail(name);
    return Object.entries(batch.counts).filter(([, count]) => count !== 0);
  };

  it('are found, and each waits for one download, in every batch that lists it', async () => {
    await save(5);
    const summary = await fetchMissing('one', deps);
    expect(summary).toEqual({ missing: 1, fetchedAgain: 1, withoutTask: 0 });
    expect([await countsOf('one'), await countsOf('two')]).toEqual(Array(2).fill([['downloading', 1]]));
    expect((await ledger.counts()).downloading).toBe(1);
    expect(await (await queues.queue('download')).getJob('s_a')).toBeDefined();
    expect(await fetchMissing('two', deps)).toEqual({ missing: 0, fetchedAgain: 0, withoutTask: 0 });
  });

  it('are in the active set meanwhile, so that a lost job is added again', async () => {
    await save(5);
    await fetchMissing('one', deps);
    expect(await redis.zscore(`${prefix}:active`, 's_a')).not.toBeNull();
    await ledger.move('staySaved', 's_a', { message: 'gone' });
    expect(await redis.zscore(`${prefix}:active`, 's_a')).toBeNull();
    expect(await countsOf('two')).toEqual([['saved', 1]]);
  });

  it('are not fetched while all results of a task are there, and are when the second is gone', async () => {
    await save(9);
    await put('s_a.mp4', 5);
    await put('s_a-2.mp4', 4);
    expect(await fetchMissing('one', deps)).toMatchObject({ missing: 0 });
    await rm(join(root, 'one', 's_a-2.mp4'));
    expect(await fetchMissing('one', deps)).toMatchObject({ missing: 1, fetchedAgain: 1 });
  });

  it('are not fetched where an optional result was left out, whatever the kinds', async () => {
    await save(9);
    await put('s_a.mp4', 5);
    await put('s_a-3.png', 4);
    expect(await fetchMissing('one', deps)).toMatchObject({ missing: 0 });
    await rm(join(root, 'one', 's_a-3.png'));
    expect(await fetchMissing('one', deps)).toMatchObject({ missing: 1, fetchedAgain: 1 });
  });

  it('stay as they are where no task is known, and nothing is paid for them', async () => {
    await ledger.move('beginSubmit', 's_a');
    await ledger.move('recordTask', 's_a', {});
    await ledger.move('beginDownload', 's_a');
    await ledger.move('save', 's_a', { file: null, stamp: ['savedAt'] });
    expect(await fetchMissing('one', deps)).toEqual({ missing: 1, fetchedAgain: 0, withoutTask: 1 });
    expect(await countsOf('one')).toEqual([['saved', 1]]);
  });

  it('are not cancelled half-way, from where their link could be paid again', async () => {
    await save(5);
    await fetchMissing('one', deps);
    const operations = createBatchOperations({ redis, prefix });
    for (const name of ['one', 'two'])
      expect(await cancelBatch(name, operations, { abandon: true })).toMatchObject({ cancelled: 0 });
    expect(await countsOf('one')).toEqual([['downloading', 1]]);
  });
});
