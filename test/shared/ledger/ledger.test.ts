/** The ledger with a real Redis: the state of a link, however often it is enqueued, and correct counters. */

import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { unfinished } from '../../../src/shared/ledger/batch.ts';
import { createBatchOperations } from '../../../src/shared/ledger/batch-operations.ts';
import { ledgerKeys } from '../../../src/shared/ledger/keys.ts';
import { createLedger, type Ledger } from '../../../src/shared/ledger/ledger.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const root = '/videos/';
const model = 'sora-watermark-remover';

describe('the ledger', () => {
  let redis: Redis;
  let ledger: Ledger;
  let prefix: string;

  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });
  beforeEach(async () => {
    prefix = redisPrefix();
    ledger = createLedger({
      redis,
      prefix,
      shareUrl: (_model, id) => `https://sora.chatgpt.com/p/${id}`,
    });
    await ledger.openBatch('first', { model, root });
    await ledger.openBatch('second', { model, root });
  });

  const link = (id: string) => ({ id, url: `https://sora.chatgpt.com/p/${id}` });

  async function saveItem(id: string, taskId = `task-of-${id}`): Promise<void> {
    await ledger.take(100);
    await ledger.move('beginSubmit', id);
    await ledger.move('recordTask', id, { taskId, addAttempts: 1, stamp: ['submittedAt'] });
    await ledger.move('beginDownload', id, { addCreditsSpent: 10, stamp: ['completedAt'] });
    await ledger.move('save', id, {
      addBytes: 1234,
      sha256: 'ab'.repeat(32),
      file: null,
      stamp: ['savedAt'],
    });
  }

  describe('a waiting link that two batches list', () => {
    const pause = (name: string) => createBatchOperations({ redis, prefix }).pause(name);
    const goesOut = async () => {
      const { ids } = await ledger.take(10);
      const moved = await Promise.all(ids.map((id) => ledger.move('beginSubmit', id)));
      return ids.filter((_, index) => moved[index]?.moved);
    };

    it.each(['before the other lists it', 'after both list it', 'when it stands at the gate'])(
      'goes with the one that runs when its own is paused %s',
      async (when) => {
        await ledger.enqueue('first', [link('s_a'), link('s_b')]);
        if (when === 'before the other lists it') await pause('first');
        await ledger.enqueue('second', [link('s_a')]);
        if (when === 'when it stands at the gate') await ledger.take(10);
        if (when !== 'before the other lists it') await pause('first');
        if (when === 'when it stands at the gate') {
          expect(await ledger.move('beginSubmit', 's_a')).toMatchObject({ moved: true });
        } else expect(await goesOut()).toEqual(['s_a']);
        expect(await ledger.item('s_a')).toMatchObject({ batch: 'second', otherBatches: ['first'] });
        expect((await ledger.batch('first'))?.counts).toMatchObject({ queued: 1, submitting: 1 });
        expect((await ledger.batch('second'))?.counts).toMatchObject({ queued: 0, submitting: 1 });
      },
    );

    it('is handed out once, and waits while both are paused', async () => {
      await ledger.enqueue('first', [link('s_a')]);
      await ledger.enqueue('second', [link('s_a')]);
      expect((await ledger.take(10)).ids).toEqual(['s_a']);
      await pause('first');
      await pause('second');
      expect(await ledger.move('beginSubmit', 's_a')).toMatchObject({ moved: false });
      expect(await goesOut()).toEqual([]);
      await createBatchOperations({ redis, prefix }).resume('second');
      expect(await goesOut()).toEqual(['s_a']);
    });
  });

  it('takes a link given twice in one list once', async () => {
    const { answers } = await ledger.enqueue('first', [link('s_a'), link('s_b'), link('s_a')]);
    expect(answers).toEqual(['accepted', 'accepted', 'duplicate']);
    expect((await ledger.batch('first'))?.counts.queued).toBe(2);
  });

  it('takes a list of 2,500 links whole, in its order', async () => {
    const ids = Array.from({ length: 2500 }, (_, n) => `s_${n}`);
    await ledger.enqueue('first', ids.map(link));
    const keys = ledgerKeys(prefix);
    expect(await redis.lrange(keys.items('first'), 0, -1)).toEqual(ids);
    expect(await redis.lrange(keys.backlog('first'), 0, -1)).toEqual(ids);
  });

  it('keeps a link given in a second batch as one item that both batches count', async () => {
    await ledger.enqueue('first', [link('s_a')]);
    const { answers } = await ledger.enqueue('second', [link('s_a'), link('s_b')]);
    expect(answers).toEqual(['duplicate', 'accepted']);
    await saveItem('s_a');
    const [first, second] = [await ledger.batch('first'), await ledger.batch('second')];
    expect(first?.counts).toMatchObject({ queued: 0, saved: 1 });
    expect(second?.counts).toMatchObject({ queued: 1, saved: 1 });
    expect((await ledger.counts()).saved).toBe(1);
  });

  it('a link saved in an earlier batch is not paid again', async () => {
    await ledger.enqueue('first', [link('s_a')]);
    await saveItem('s_a');
    const since = (await ledger.now()) + 1;
    const again = await ledger.enqueue('second', [link('s_a')], { since });
    expect(again).toMatchObject({ answers: ['already-saved'], savedChange: 1 });
    expect((await ledger.take(10)).ids).toEqual([]);
    expect(unfinished((await ledger.batch('second'))?.counts ?? expect.fail())).toBe(0);
  });

  it('counts the cost of an unfinished link, and a possible double payment, in a batch that lists it later', async () => {
    await ledger.enqueue('first', [link('s_a'), link('s_b')]);
    await ledger.take(10);
    await ledger.move('beginSubmit', 's_a');
    await ledger.move('recordTask', 's_a', { taskId: 't', addAttempts: 1 });
    await ledger.note('s_a', { chargeCredits: 10 });
    await ledger.move('beginSubmit', 's_b');
    await ledger.move('submitLater', 's_b', { addPossiblyPaidTwice: 1 });
    await ledger.enqueue('second', [link('s_a'), link('s_b')]);
    expect(await ledger.batch('second')).toMatchObject({ creditsSpent: 10, possiblyPaidTwice: 1 });
    // The task failed, and cost nothing; the other's answer was found after all.
    await ledger.move('resubmit', 's_a', { releaseCredits: true });
    await ledger.move('recordOrphan', 's_b', { taskId: 'u', addPossiblyPaidTwice: -1 });
    for (const name of ['first', 'second']) {
      expect(await ledger.batch(name)).toMatchObject({ creditsSpent: 0, possiblyPaidTwice: 0 });
    }
  });

  it('spends nothing on a link that was saved before, and forgets it without a debt', async () => {
    await ledger.enqueue('first', [link('s_a')]);
    await saveItem('s_a');
    await ledger.enqueue('second', [link('s_a'), link('s_b')], { since: (await ledger.now()) + 1 });
    expect(await ledger.batch('second')).toMatchObject({ creditsSpent: 0, bytes: 1234 });
    const ended = { saved: (await ledger.now()) + 1000, failed: null };
    await createBatchOperations({ redis, prefix }).removeItems('second', 10, ended);
    expect(await ledger.batch('second')).toMatchObject({ creditsSpent: 0, bytes: 0 });
  });

  it('counts a link saved during the run that gave it twice as a duplicate', async () => {
    const since = await ledger.now();
    await ledger.enqueue('first', [link('s_a')], { since });
    await saveItem('s_a');
    expect((await ledger.enqueue('first', [link('s_a')], { since })).answers).toEqual(['duplicate']);
  });

  it('takes a saved link again when it is forced, and keeps what it has cost', async () => {
    await ledger.enqueue('first', [link('s_a')]);
    await saveItem('s_a');
    const since = (await ledger.now()) + 1;
    const { answers } = await ledger.enqueue('second', [link('s_a')], { since, force: true });
    expect(answers).toEqual(['accepted']);
    const item = await ledger.item('s_a');
    expect(item).toMatchObject({
      state: 'queued',
      batch: 'second',
      otherBatches: ['first'],
      file: null,
      creditsSpent: 10,
    });
    expect((await ledger.batch('first'))?.counts).toMatchObject({ saved: 0, queued: 1 });
    expect((await ledger.take(10)).ids).toEqual(['s_a']);
  });

  it('counts a forced link once more among the saved ones of its batch, and its bytes once', async () => {
    await ledger.enqueue('first', [link('s_a')]);
    await saveItem('s_a');
    const since = (await ledger.now()) + 1;
    expect(await ledger.enqueue('first', [link('s_a')], { since, force: true })).toMatchObject({
      savedChange: -1,
    });
    await saveItem('s_a', 'another-task');
    expect(await ledger.batch('first')).toMatchObject({
      counts: { saved: 1, queued: 0 },
      bytes: 1234,
      creditsSpent: 20,
    });
  });

  it('reads back all that has been recorded of a saved item', async () => {
    await ledger.enqueue('first', [link('s_a')]);
    await saveItem('s_a');
    const item = await ledger.item('s_a');
    expect(item).toMatchObject({
      id: 's_a',
      batch: 'first',
      model,
      url: 'https://sora.chatgpt.com/p/s_a',
      state: 'saved',
      reason: null,
      taskIds: ['task-of-s_a'],
      attempts: 1,
      creditsSpent: 10,
      file: '/videos/first/s_a.mp4',
      bytes: 1234,
      sha256: 'ab'.repeat(32),
    });
    const times = [item?.enqueuedAt, item?.submittedAt, item?.completedAt, item?.savedAt];
    expect(times).toEqual([...times].sort());
    expect(await ledger.batch('first')).toMatchObject({ creditsSpent: 10, bytes: 1234 });
  });

  it('keeps a link that does not follow from its id, and a file that is not in its usual place', async () => {
    await ledger.enqueue('first', [{ id: 's_a', url: 'https://sora.chatgpt.com/p/s_a?utm_source=x' }]);
    await ledger.move('beginSubmit', 's_a');
    await ledger.move('recordTask', 's_a', { taskId: 't' });
    await ledger.move('beginDownload', 's_a');
    const file = await ledger.storedFile('first', 's_a', 's3://bucket/elsewhere.mp4');
    await ledger.move('save', 's_a', { file });
    expect(await ledger.item('s_a')).toMatchObject({
      url: 'https://sora.chatgpt.com/p/s_a?utm_source=x',
      file: 's3://bucket/elsewhere.mp4',
    });
  });

  it('does nothing when a transition is repeated, or comes too late', async () => {
    await ledger.enqueue('first', [link('s_a')]);
    expect(await ledger.move('beginSubmit', 's_a')).toEqual({ moved: true });
    expect(await ledger.move('beginSubmit', 's_a')).toEqual({ moved: false, state: 'submitting' });
    const expectation = { expect: { attempts: 7 } };
    expect(await ledger.move('recordTask', 's_a', { taskId: 't' }, expectation)).toMatchObject({
      moved: false,
    });
    expect(await ledger.move('beginSubmit', 's_unknown')).toEqual({ moved: false, state: null });
    expect((await ledger.batch('first'))?.counts).toMatchObject({ queued: 0, submitting: 1 });
  });

  it('counts failures by their reason, and no longer once they are retried', async () => {
    await ledger.enqueue('first', [link('s_a'), link('s_b')]);
    await ledger.move('fail', 's_a', { reason: 'rejected', message: 'no' });
    await ledger.move('fail', 's_b', { reason: 'rejected', message: 'no' });
    expect((await ledger.batch('first'))?.failures).toEqual({ rejected: 2 });
    await ledger.move('requeue', 's_a');
    expect((await ledger.batch('first'))?.failures).toEqual({ rejected: 1 });
  });

  it('hands out links batch by batch, so that a small batch does not wait for a large one', async () => {
    await ledger.enqueue(
      'first',
      Array.from({ length: 100 }, (_, n) => link(`s_f${n}`)),
    );
    await ledger.take(50);
    await ledger.enqueue('second', [link('s_x'), link('s_y')]);
    expect((await ledger.take(54)).ids.filter((id) => !id.startsWith('s_f'))).toEqual(['s_x', 's_y']);
  });

  it('hands out no more than may be at the gate, however many callers there are', async () => {
    await ledger.enqueue(
      'first',
      Array.from({ length: 30 }, (_, n) => link(`s_${n}`)),
    );
    const taken = await Promise.all(Array.from({ length: 8 }, () => ledger.take(5)));
    const ids = taken.flatMap((each) => each.ids);
    expect(ids).toHaveLength(5);
    await ledger.move('beginSubmit', ids[0] ?? '');
    expect((await ledger.take(5)).ids).toHaveLength(1);
  });

  it('lists the items of a batch in the order they were given, page by page', async () => {
    const ids = Array.from({ length: 25 }, (_, n) => `s_${n}`);
    await ledger.enqueue('first', ids.map(link));
    const listed: string[] = [];
    for await (const page of ledger.items('first', 10)) listed.push(...page.map(({ id }) => id));
    expect(listed).toEqual(ids);
  });

  it('refuses a batch for a second model', async () => {
    await expect(ledger.openBatch('first', { model: 'topaz/video-upscale', root })).rejects.toThrow(
      /first.*sora/,
    );
  });

  it.each(['', '.hidden', '../up', 'a/b', 'a:b', 'ü', 'x'.repeat(101), 'a.part'])(
    'refuses "%s" as a batch name',
    async (name) => {
      await expect(ledger.openBatch(name, { model, root })).rejects.toThrow(/batch name/);
    },
  );
});
