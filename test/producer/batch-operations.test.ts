/** What a person does with whole batches, against a real Redis: nothing lost, nothing counted twice, nobody else's links taken. */
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cancelBatch } from '../../src/producer/cancel-batch.ts';
import { allEnded, removeBatch } from '../../src/producer/remove-batch.ts';
import { retryBatch } from '../../src/producer/retry-batch.ts';
import { openQueues, type Queues } from '../../src/shared/jobs/catalogue.ts';
import { type BatchOperations, createBatchOperations } from '../../src/shared/ledger/batch-operations.ts';
import { createLedger, type Ledger } from '../../src/shared/ledger/ledger.ts';
import { type FailureReason, itemStates } from '../../src/shared/ledger/states.ts';
import { connectTestRedis, redisPrefix } from '../setup/redis.ts';

const model = 'sora-watermark-remover';
const root = '/videos/';
const link = (id: string) => ({ id, url: `https://sora.chatgpt.com/p/${id}` });
const links = (count: number, letter = 'a') =>
  Array.from({ length: count }, (_, n) => link(`s_${letter}${n}`));

describe('the operations on a batch', () => {
  let redis: Redis;
  let prefix: string;
  let ledger: Ledger;
  let operations: BatchOperations;
  let queues: Queues;

  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });
  beforeEach(async () => {
    prefix = redisPrefix();
    ledger = createLedger({ redis, prefix, shareUrl: (_model, id) => link(id).url });
    operations = createBatchOperations({ redis, prefix });
    queues = openQueues({ redis, prefix });
    for (const name of ['one', 'two']) await ledger.openBatch(name, { model, root });
    return () => queues.close();
  });

  const countsOf = async (name: string) => {
    const counts = (await ledger.batch(name))?.counts ?? expect.fail(`no batch ${name}`);
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
  };
  const take = async (wanted: number) => (await ledger.take(wanted)).ids;
  const process = async (id: string) => {
    await ledger.move('beginSubmit', id);
    await ledger.move('recordTask', id, { taskId: `task-${id}`, addAttempts: 1 });
  };
  const save = async (id: string) => {
    await process(id);
    await ledger.move('beginDownload', id, { addCreditsSpent: 10, stamp: ['completedAt'] });
    await ledger.move('save', id, { addBytes: 5, file: null, stamp: ['savedAt'] });
  };
  const fail = (id: string, reason: FailureReason) => ledger.move('fail', id, { reason, message: 'no' });

  it('a paused batch hands out nothing, and continues where it was', async () => {
    await ledger.enqueue('one', links(5));
    expect(await take(1)).toEqual(['s_a0']);
    await operations.pause('one');
    expect(await take(10)).toEqual([]);
    await ledger.enqueue('one', links(1, 'b'));
    expect(await take(10)).toEqual([]);
    expect((await ledger.batch('one'))?.isPaused).toBe(true);
    await operations.resume('one');
    expect(await take(10)).toEqual(['s_a1', 's_a2', 's_a3', 's_a4', 's_b0']);
  });

  it('a link at the gate when its batch is paused returns to the front', async () => {
    await ledger.enqueue('one', links(3));
    await take(1);
    await operations.pause('one');
    expect(await ledger.move('beginSubmit', 's_a0')).toEqual({
      moved: false,
      state: 'queued',
      refusal: 'paused',
    });
    await operations.resume('one');
    expect(await take(10)).toEqual(['s_a0', 's_a1', 's_a2']);
  });

  it('a pause of everything stops all batches, and leaves those paused by name paused', async () => {
    await ledger.enqueue('one', links(2));
    await ledger.enqueue('two', links(2, 'b'));
    await take(1);
    await operations.pause('two');
    await operations.pauseAll();
    expect(await take(10)).toEqual([]);
    expect(await ledger.move('beginSubmit', 's_a0')).toMatchObject({ refusal: 'paused' });
    expect(await operations.isAllPaused()).toBe(true);
    await operations.resumeAll();
    expect(await take(10)).toEqual(['s_a0', 's_a1']);
  });

  it('a batch of priority 3 gets three turns where another gets one', async () => {
    await ledger.enqueue('one', links(40));
    await ledger.enqueue('two', links(40, 'b'));
    await operations.setPriority('two', 3);
    const taken = await take(40);
    expect(taken.filter((id) => id.startsWith('s_b')).length).toBeCloseTo(30, -0.5);
  });

  it('cancels what waits and is held, lets paid tasks be collected, and counts both right', async () => {
    await ledger.enqueue('one', links(1200));
    await take(4);
    await process('s_a0');
    await ledger.move('beginSubmit', 's_a1');
    await ledger.move('hold', 's_a1');
    await ledger.move('beginSubmit', 's_a2');
    const summary = await cancelBatch('one', operations, { abandon: false });
    expect(summary).toEqual({ cancelled: 1198, abandoned: 0, collecting: 1, calling: 1, left: 0 });
    expect(await countsOf('one')).toEqual({ cancelled: 1198, processing: 1, submitting: 1 });
    expect(await redis.keys(`${prefix}:batch:one:backlog`)).toEqual([]);
    expect(await take(10)).toEqual([]);
    expect(await cancelBatch('one', operations, { abandon: false })).toMatchObject({ cancelled: 0 });
  });

  it('a link whose create call returns without a task to a cancelled batch is cancelled', async () => {
    await ledger.enqueue('one', links(2));
    await take(2);
    await ledger.move('beginSubmit', 's_a0');
    await ledger.move('beginSubmit', 's_a1');
    await cancelBatch('one', operations, { abandon: false });
    await ledger.move('submitLater', 's_a0', { staysAtGate: true });
    await ledger.move('recordTask', 's_a1', { taskId: 't' });
    expect(await countsOf('one')).toEqual({ cancelled: 1, processing: 1 });
    expect(await redis.scard(`${prefix}:at-gate`)).toBe(0);
    await retryBatch('one', { operations, queues });
    expect(await take(5)).toEqual(['s_a0']);
  });

  it('abandons paid tasks when it is asked to, and a retry collects them again', async () => {
    await ledger.enqueue('one', links(2));
    await take(2);
    await process('s_a0');
    const summary = await cancelBatch('one', operations, { abandon: true });
    expect(summary).toMatchObject({ cancelled: 2, abandoned: 1 });
    expect(await countsOf('one')).toEqual({ cancelled: 2 });
    expect(await retryBatch('one', { operations, queues })).toEqual({ retried: 2, collected: 1 });
    expect(await countsOf('one')).toEqual({ queued: 1, processing: 1 });
    expect(await (await queues.queue('status-check')).getJob('s_a0')).toBeDefined();
  });

  it('leaves a link that another batch lists too to that batch', async () => {
    await ledger.enqueue('one', links(3));
    await ledger.enqueue('two', [link('s_a1'), link('s_b0')]);
    const summary = await cancelBatch('one', operations, { abandon: false });
    expect(summary).toMatchObject({ cancelled: 2, left: 1 });
    expect(await countsOf('two')).toEqual({ queued: 2 });
    expect((await take(10)).toSorted()).toEqual(['s_a1', 's_b0']);
    expect(await ledger.item('s_a1')).toMatchObject({ batch: 'two', otherBatches: ['one'] });
    await save('s_a1');
    expect(await countsOf('one')).toEqual({ cancelled: 2, saved: 1 });
  });

  it('a cancel that was killed in between leaves a paused batch, and the next one ends it', async () => {
    await ledger.enqueue('one', links(1000));
    await operations.beginCancel('one');
    await operations.cancelItems('one', 0, 300, false);
    expect(await countsOf('one')).toEqual({ cancelled: 300, queued: 700 });
    expect(await take(10)).toEqual([]);
    await cancelBatch('one', operations, { abandon: false });
    expect(await countsOf('one')).toEqual({ cancelled: 1000 });
  });

  it('links given to a batch while it is being cancelled are not lost', async () => {
    await ledger.enqueue('one', links(1000));
    const cancelling = cancelBatch('one', operations, {
      abandon: false,
      onProgress: (looked) => {
        if (looked === 1000) void ledger.enqueue('one', links(3, 'late'));
      },
    });
    await cancelling;
    const { queued = 0, cancelled = 0 } = await countsOf('one');
    expect(queued + cancelled).toBe(1003);
    expect(await take(10)).toHaveLength(queued);
  });

  it('retries what failed for the reason alone, as waiting links that take their turn', async () => {
    await ledger.enqueue('one', links(3));
    await take(3);
    await fail('s_a0', 'rejected');
    await process('s_a1');
    await fail('s_a1', 'task-timeout');
    await process('s_a2');
    await ledger.move('beginDownload', 's_a2', { addCreditsSpent: 10, stamp: ['completedAt'] });
    await fail('s_a2', 'download-failed');
    expect(await retryBatch('one', { operations, queues }, 'rejected')).toEqual({ retried: 1, collected: 0 });
    expect(await take(5)).toEqual(['s_a0']);
    expect(await ledger.item('s_a0')).toMatchObject({
      state: 'queued',
      reason: null,
      message: null,
      attempts: 0,
    });
    expect(await (await queues.queue('submit')).count()).toBe(0);
    expect(await retryBatch('one', { operations, queues })).toEqual({ retried: 2, collected: 2 });
    expect(await countsOf('one')).toEqual({ queued: 1, processing: 1, downloading: 1 });
    expect(await ledger.batch('one')).toMatchObject({ failures: {}, creditsSpent: 10 });
    expect(await (await queues.queue('download')).getJob('s_a2')).toBeDefined();
  });

  it('removes what has ended, but a saved link is still known as paid and saved', async () => {
    await ledger.enqueue('one', links(4));
    await take(4);
    await save('s_a0');
    await fail('s_a1', 'rejected');
    await process('s_a2');
    expect(await removeBatch('one', operations)).toMatchObject({ removed: 2, kept: 2, isGone: false });
    expect(await countsOf('one')).toEqual({ processing: 1, queued: 1 });
    expect(await ledger.batch('one')).toMatchObject({ failures: {}, creditsSpent: 0, bytes: 0 });
    expect(await ledger.item('s_a0')).toBeNull();
    expect(await ledger.rememberedOf(['s_a0', 's_a1'])).toEqual([true, false]);

    const since = (await ledger.now()) + 1;
    const again = await ledger.enqueue('two', [link('s_a0'), link('s_a1'), link('s_a0')], { since });
    expect(again).toMatchObject({ answers: ['already-saved', 'accepted', 'duplicate'], savedChange: 1 });
    expect(await countsOf('two')).toEqual({ saved: 1, queued: 1 });
    expect(await ledger.item('s_a0')).toMatchObject({ state: 'saved', file: '/videos/one/s_a0.mp4' });
  });

  it('deletes a batch of which nothing is left', async () => {
    await ledger.enqueue('one', links(700));
    await cancelBatch('one', operations, { abandon: false });
    expect(await removeBatch('one', operations)).toMatchObject({ removed: 700, kept: 0, isGone: true });
    expect(await ledger.batchNames()).not.toContain('one');
    expect((await redis.keys(`${prefix}:*`)).filter((key) => /one|:item:/.test(key))).toEqual([]);
    expect(await ledger.counts()).toMatchObject({ queued: 0, cancelled: 0 });
  });

  it('keeps a removed link for the other batch that lists it, and knows where its video lies', async () => {
    await ledger.enqueue('one', [link('s_a0')]);
    await ledger.enqueue('two', [link('s_a0')]);
    await take(1);
    await save('s_a0');
    expect(await removeBatch('one', operations)).toMatchObject({ removed: 1, isGone: true });
    expect(await ledger.item('s_a0')).toMatchObject({
      batch: 'two',
      otherBatches: [],
      file: '/videos/one/s_a0.mp4',
    });
    expect(await countsOf('two')).toEqual({ saved: 1 });
    expect(await removeBatch('two', operations)).toMatchObject({ removed: 1, isGone: true });
    await ledger.openBatch('three', { model, root });
    await ledger.enqueue('three', [link('s_a0')]);
    expect(await ledger.item('s_a0')).toMatchObject({ state: 'saved', file: '/videos/one/s_a0.mp4' });
  });

  it('removes only what ended long enough ago, in the order that was, and says when the next is due', async () => {
    await ledger.enqueue('one', links(3));
    await take(3);
    await save('s_a0');
    await save('s_a2');
    const now = await ledger.now();
    expect(await removeBatch('one', operations, { saved: now - 1000, failed: now })).toMatchObject({
      removed: 0,
      kept: 3,
    });
    const { firstKeptEndedAt } = await removeBatch('one', operations, { saved: 0, failed: null });
    expect(Math.abs((firstKeptEndedAt ?? 0) - now)).toBeLessThan(2000);
    const left: string[] = [];
    for await (const page of ledger.items('one')) left.push(...page.map(({ id }) => id));
    expect(left).toEqual(['s_a0', 's_a1', 's_a2']);
    expect(await removeBatch('one', operations, { saved: now + 5000, failed: null })).toMatchObject({
      removed: 2,
      kept: 1,
    });
  });

  it('a forced link is taken again although its record was removed', async () => {
    await ledger.enqueue('one', [link('s_a0')]);
    await take(1);
    await save('s_a0');
    await removeBatch('one', operations, allEnded);
    const forced = await ledger.enqueue('two', [link('s_a0')], { force: true });
    expect(forced.answers).toEqual(['accepted']);
    expect(await take(5)).toEqual(['s_a0']);
  });

  it('counts stay right in both batches after any sequence of operations', async () => {
    const operation = fc.constantFrom(
      'cancel',
      'abandon',
      'retry',
      'remove',
      'pause',
      'resume',
      'work',
      'fail',
      'give',
    );
    const batch = fc.constantFrom('one', 'two');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(operation, batch), { minLength: 3, maxLength: 25 }),
        async (steps) => {
          const own = redisPrefix();
          const book = createLedger({ redis, prefix: own, shareUrl: () => null });
          const acts = createBatchOperations({ redis, prefix: own });
          const jobs: Pick<Queues, 'addMany'> = { addMany: async () => undefined };
          const all = ['s_a', 's_b', 's_c', 's_d'].map(link);
          const give = async (name: string) => {
            await book.openBatch(name, { model, root });
            await book.enqueue(name, name === 'one' ? all.slice(0, 3) : all.slice(1));
          };
          const step = {
            cancel: (name: string) => cancelBatch(name, acts, { abandon: false }),
            abandon: (name: string) => cancelBatch(name, acts, { abandon: true }),
            retry: (name: string) => retryBatch(name, { operations: acts, queues: { ...queues, ...jobs } }),
            remove: (name: string) => removeBatch(name, acts),
            pause: (name: string) => acts.pause(name),
            resume: (name: string) => acts.resume(name),
            give,
            work: async () => {
              for (const id of (await book.take(2)).ids) {
                await book.move('beginSubmit', id);
                await book.move('recordTask', id, { taskId: `t-${id}` });
                await book.move('beginDownload', id, { stamp: ['completedAt'] });
                if (id !== 's_b') await book.move('save', id, { stamp: ['savedAt'] });
              }
            },
            fail: async () => {
              for (const id of (await book.take(1)).ids) await book.move('fail', id, { reason: 'rejected' });
            },
          };
          await give('one');
          await give('two');
          for (const [name, target] of steps) {
            await step[name](target);
            // As the commands do: an operation on a batch that has been deleted is refused, given links open it again.
            if (name === 'remove' && (await book.batch(target)) === null) await give(target);
          }
          const found = new Map<string, string>();
          for (const { id } of all) {
            const item = await book.item(id);
            if (item !== null) found.set(id, item.state);
          }
          const tally = (ids: readonly string[]) =>
            Object.fromEntries(
              itemStates.map((state) => [state, ids.filter((id) => found.get(id) === state).length]),
            );
          for (const name of ['one', 'two']) {
            const listed: string[] = [];
            for await (const page of book.items(name)) listed.push(...page.map(({ id }) => id));
            expect(new Set(listed).size).toBe(listed.length);
            expect((await book.batch(name))?.counts).toEqual(tally(listed));
          }
          expect(await book.counts()).toEqual(tally([...found.keys()]));
        },
      ),
      { numRuns: 80 },
    );
  });
});
