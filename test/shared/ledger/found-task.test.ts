/** Recording a task id, and its cost: once more, late, and while a later create call is open. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBatchOperations } from '../../../src/shared/ledger/batch-operations.ts';
import { recordFoundTask } from '../../../src/shared/ledger/found-task.ts';
import { createLedger } from '../../../src/shared/ledger/ledger.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

let redis: Redis;
beforeAll(() => {
  redis = connectTestRedis();
});
afterAll(async () => {
  await redis.quit();
});

async function withSecondCallOpen() {
  const ledger = createLedger({ redis, prefix: redisPrefix(), shareUrl: () => null });
  await ledger.openBatch('test', { model: 'm', root: '/' });
  await ledger.enqueue('test', [{ id: 's_1', url: 'https://videos.test/1.mp4' }], { since: 0 });
  await ledger.take(1);
  await ledger.move('beginSubmit', 's_1', { submitter: 'w', stamp: ['submittedAt'] });
  await recordFoundTask(ledger, 's_1', { taskId: 'first', attempt: 1, by: 'answer' });
  await ledger.move('resubmit', 's_1', { addCreditsSpent: 3 });
  await ledger.move('beginSubmit', 's_1', { submitter: 'w', stamp: ['submittedAt'] });
  return ledger;
}

it('the answer to an earlier call, recorded once more, is not the answer to the call that is open', async () => {
  const ledger = await withSecondCallOpen();
  const again = { taskId: 'first', attempt: 1, by: 'answer' } as const;
  expect(await recordFoundTask(ledger, 's_1', again)).toBe('known');
  expect(await ledger.item('s_1')).toMatchObject({ state: 'submitting', attempts: 1, taskIds: ['first'] });
});

it('the vendor may answer the open call with the task of an earlier one: that task is polled', async () => {
  const ledger = await withSecondCallOpen();
  const renewed = { taskId: 'first', attempt: 2, by: 'answer' } as const;
  expect(await recordFoundTask(ledger, 's_1', renewed)).toBe('taken');
  expect(await ledger.item('s_1')).toMatchObject({ state: 'processing', attempts: 2, taskIds: ['first'] });
});

it('a task that failed with a cost is counted once, also when a retry of the cancelled link polls it again', async () => {
  const prefix = redisPrefix();
  const ledger = createLedger({ redis, prefix, shareUrl: () => null });
  const operations = createBatchOperations({ redis, prefix });
  await ledger.openBatch('test', { model: 'm', root: '/' });
  await ledger.enqueue('test', [{ id: 's_1', url: 'https://videos.test/1.mp4' }], { since: 0 });
  await ledger.take(1);
  await ledger.move('beginSubmit', 's_1', { submitter: 'w', stamp: ['submittedAt'] });
  await recordFoundTask(ledger, 's_1', { taskId: 'first', attempt: 1, by: 'answer' });
  await operations.beginCancel('test');
  await ledger.move('resubmit', 's_1', { addCreditsSpent: 3 });
  expect(await ledger.item('s_1')).toMatchObject({ state: 'cancelled', creditsSpent: 3 });
  await operations.retryItems('test', 0, 10);
  await ledger.note('s_1', { chargeCredits: 3 });
  expect(await ledger.item('s_1')).toMatchObject({ state: 'processing', creditsSpent: 3 });
  await ledger.move('resubmit', 's_1', { addCreditsSpent: 4 });
  expect((await ledger.item('s_1'))?.creditsSpent).toBe(4);
  expect((await ledger.batch('test'))?.creditsSpent).toBe(4);
});

it('what a failed task has cost is not given back by a next call that is never made', async () => {
  const prefix = redisPrefix();
  const ledger = createLedger({ redis, prefix, shareUrl: () => null });
  const operations = createBatchOperations({ redis, prefix });
  await ledger.openBatch('test', { model: 'm', root: '/' });
  await ledger.enqueue('test', [{ id: 's_1', url: 'https://videos.test/1.mp4' }], { since: 0 });
  await ledger.take(1);
  await ledger.move('beginSubmit', 's_1', { submitter: 'w', stamp: ['submittedAt'] });
  await recordFoundTask(ledger, 's_1', { taskId: 'first', attempt: 1, by: 'answer' });
  await ledger.move('resubmit', 's_1', { addCreditsSpent: 3 });
  await ledger.move('fail', 's_1', { reason: 'input-unreadable', releaseCredits: true });
  expect((await ledger.item('s_1'))?.creditsSpent).toBe(3);
  await operations.retryItems('test', 0, 10);
  await ledger.move('fail', 's_1', { reason: 'rejected', releaseCredits: true });
  expect((await ledger.item('s_1'))?.creditsSpent).toBe(3);
  expect((await ledger.batch('test'))?.creditsSpent).toBe(3);
});

it.each(['saved and requested again', 'failed with a cost and retried'] as const)(
  'a task of a link that was %s is counted once, also when the vendor names it again',
  async (how) => {
    const prefix = redisPrefix();
    const ledger = createLedger({ redis, prefix, shareUrl: () => null });
    await ledger.openBatch('test', { model: 'm', root: '/' });
    const links = [{ id: 's_1', url: 'https://videos.test/1.mp4' }];
    const submit = async () => {
      await ledger.take(1);
      const reserveCredits = { credits: 3, base: 3 };
      await ledger.move('beginSubmit', 's_1', { submitter: 'w', stamp: ['submittedAt'], reserveCredits });
      return recordFoundTask(ledger, 's_1', { taskId: 'first', attempt: 1, by: 'answer' });
    };
    await ledger.enqueue('test', links, { since: 0 });
    await submit();
    if (how === 'saved and requested again') {
      await ledger.move('beginDownload', 's_1', { addCreditsSpent: 3, stamp: ['completedAt'] });
      await ledger.move('save', 's_1', { addBytes: 5, sha256: 'a', file: 'f', stamp: ['savedAt'] });
      await ledger.enqueue('test', links, { since: Number.MAX_SAFE_INTEGER, force: true });
    } else {
      await ledger.move('fail', 's_1', { reason: 'generation-failed', addCreditsSpent: 3 });
      await createBatchOperations({ redis, prefix }).retryItems('test', 0, 10);
    }
    expect(await submit()).toBe('taken');
    await ledger.note('s_1', { chargeCredits: 3 });
    await ledger.move('beginDownload', 's_1', { addCreditsSpent: 3, stamp: ['completedAt'] });
    expect((await ledger.item('s_1'))?.creditsSpent).toBe(3);
    expect((await ledger.batch('test'))?.creditsSpent).toBe(3);
    expect(Number(await redis.hget(`${prefix}:batch:test`, 'committed'))).toBe(3);
  },
);
