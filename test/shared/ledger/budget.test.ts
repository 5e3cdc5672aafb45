/** A batch's budget in the ledger: it holds to the credit, gives back what was not charged, and never hangs. */
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelBatch } from '../../../src/producer/cancel-batch.ts';
import { createBatchOperations } from '../../../src/shared/ledger/batch-operations.ts';
import { createLedger, type Ledger } from '../../../src/shared/ledger/ledger.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const price = 10;

describe('a budget', () => {
  let redis: Redis;
  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });

  async function openBatch(links: number, budget: number) {
    const prefix = redisPrefix();
    const ledger = createLedger({ redis, prefix, shareUrl: () => null });
    await ledger.openBatch('b', { model: 'm', root: '/' });
    await ledger.setBudget('b', budget, price);
    const ids = Array.from({ length: links }, (_, n) => `s_${n}`);
    await ledger.enqueue(
      'b',
      ids.map((id) => ({ id, url: `https://sora.chatgpt.com/p/${id}` })),
    );
    /** One task alone shows what tasks cost, as in a batch that has been running. */
    const prove = () => redis.hset(`${prefix}:batch:b`, 'seen', '1');
    const committed = async () => Number((await redis.hget(`${prefix}:batch:b`, 'committed')) ?? 0);
    await prove();
    return { ledger, ids, committed, prefix };
  }

  const begin = (ledger: Ledger, id: string) =>
    ledger.move('beginSubmit', id, { reserveCredits: { credits: price, base: price } });

  it('lets no more calls out than it can pay, however many ask at once', async () => {
    const { ledger, ids, committed } = await openBatch(50, 105);
    const begun = await Promise.all(ids.map((id) => begin(ledger, id)));
    expect(begun.filter(({ moved }) => moved)).toHaveLength(10);
    expect(begun.filter((each) => !each.moved && each.refusal === 'budget-wait')).toHaveLength(40);
    expect(await committed()).toBe(100);
  });

  it.each(['beside', 'followed'] as const)(
    'counts a task once that was found beside a cancelled link and then collected by a retry, first seen %s',
    async (first) => {
      const { ledger, committed, prefix } = await openBatch(1, 40);
      const operations = createBatchOperations({ redis, prefix });
      await begin(ledger, 's_0');
      await ledger.move('submitLater', 's_0', { addAttempts: 1, addPossiblyPaidTwice: 1 });
      await cancelBatch('b', operations, { abandon: false });
      await ledger.note('s_0', { otherTaskId: 't1' });
      const look = () => ledger.note('s_0', { addCreditsSpentBeside: { taskId: 't1', credits: 10 } });
      if (first === 'beside') await look();
      await operations.retryItems('b', 0, 10);
      await ledger.note('s_0', { chargeCredits: 10 }, { state: 'processing', taskId: 't1' });
      await look();
      await ledger.move('beginDownload', 's_0', { addCreditsSpent: 10 });
      await look();
      expect((await ledger.item('s_0'))?.creditsSpent).toBe(10);
      expect((await ledger.batch('b'))?.creditsSpent).toBe(10);
      expect(await committed()).toBe(10);
    },
  );

  it.each(['paused', 'cancelled', 'removed'] as const)(
    'goes with a link to the batch that pays for it next, with what its lost answers may cost, when the first is %s',
    async (how) => {
      const { ledger, committed, prefix } = await openBatch(1, 40);
      const operations = createBatchOperations({ redis, prefix });
      const ofOther = async () => Number((await redis.hget(`${prefix}:batch:other`, 'committed')) ?? 0);
      await ledger.openBatch('other', { model: 'm', root: '/' });
      await ledger.setBudget('other', 40, price);
      await ledger.enqueue('other', [{ id: 's_0', url: 'https://sora.chatgpt.com/p/s_0' }]);
      await redis.hset(`${prefix}:batch:other`, 'seen', '1');
      await begin(ledger, 's_0');
      await ledger.move('submitLater', 's_0', { addAttempts: 1, addPossiblyPaidTwice: 1 });
      expect([await committed(), await ofOther()]).toEqual([10, 0]);
      if (how === 'paused') {
        await operations.pause('b');
        expect(await begin(ledger, 's_0')).toEqual({ moved: true });
      } else if (how === 'cancelled') {
        await cancelBatch('b', operations, { abandon: false });
      } else {
        await ledger.move('fail', 's_0', { reason: 'attempts-exhausted' });
        await operations.removeItems('b', 10, { saved: null, failed: Number.MAX_SAFE_INTEGER });
      }
      expect([await committed(), await ofOther()]).toEqual([0, how === 'paused' ? 20 : 10]);
      // What the lost answer has really cost takes the place of what it might have.
      if (how === 'cancelled') await begin(ledger, 's_0');
      const before = await ofOther();
      await ledger.note('s_0', { otherTaskId: 't1' });
      await ledger.note('s_0', { addCreditsSpentBeside: { taskId: 't1', credits: 10 } });
      expect(await ofOther()).toBe(before);
    },
  );

  it('is given back what was not charged, and counts what a task has really cost', async () => {
    const { ledger, committed } = await openBatch(4, 40);
    for (const id of ['s_0', 's_1', 's_2', 's_3']) await begin(ledger, id);
    expect(await committed()).toBe(40);
    await ledger.move('submitLater', 's_0', { releaseCredits: true });
    await ledger.move('fail', 's_1', { reason: 'rejected', releaseCredits: true });
    expect(await committed()).toBe(20);
    await ledger.move('recordTask', 's_2', { taskId: 't2' });
    await ledger.move('beginDownload', 's_2', { addCreditsSpent: 7.5 });
    expect(await committed()).toBe(17.5);
    await ledger.move('recordTask', 's_3', { taskId: 't3' });
    await ledger.move('resubmit', 's_3', { releaseCredits: true });
    expect(await committed()).toBe(7.5);
    expect(await ledger.batch('b')).toMatchObject({ creditsSpent: 7.5, budget: 40 });
  });

  it('keeps what a lost answer may have cost', async () => {
    const { ledger, committed } = await openBatch(1, 20);
    await begin(ledger, 's_0');
    await ledger.move('submitLater', 's_0', { addAttempts: 1, addPossiblyPaidTwice: 1 });
    expect(await begin(ledger, 's_0')).toEqual({ moved: true });
    expect(await committed()).toBe(20);
    await ledger.move('submitLater', 's_0', { addAttempts: 1, addPossiblyPaidTwice: 1 });
    expect(await begin(ledger, 's_0')).toMatchObject({ moved: false, refusal: 'budget-out' });
  });

  it('takes what a lost answer has really cost in place of what it may have, once', async () => {
    const { ledger, committed } = await openBatch(1, 100);
    await begin(ledger, 's_0');
    await ledger.move('submitLater', 's_0', { addAttempts: 1, addPossiblyPaidTwice: 1 });
    await begin(ledger, 's_0');
    await ledger.move('recordTask', 's_0', { taskId: 't2' });
    await ledger.note('s_0', { otherTaskId: 't1' });
    expect(await committed()).toBe(20);
    for (const _ of [1, 2]) {
      await ledger.note('s_0', { addCreditsSpentBeside: { taskId: 't1', credits: 7.5 } });
      expect(await committed()).toBe(17.5);
    }
    await ledger.move('beginDownload', 's_0', { addCreditsSpent: 10 });
    expect(await committed()).toBe(17.5);
    expect(await ledger.batch('b')).toMatchObject({ creditsSpent: 17.5 });
    expect(await ledger.item('s_0')).toMatchObject({ creditsSpent: 17.5 });
  });

  it('takes it as well when the link has ended with nothing but the lost answer', async () => {
    const { ledger, committed } = await openBatch(1, 100);
    await begin(ledger, 's_0');
    await ledger.move('fail', 's_0', { reason: 'attempts-exhausted' });
    expect(await committed()).toBe(10);
    await ledger.note('s_0', { otherTaskId: 't1' });
    await ledger.note('s_0', { addCreditsSpentBeside: { taskId: 't1', credits: 7.5 } });
    expect(await committed()).toBe(7.5);
  });

  it('makes one task alone until its price is seen', async () => {
    const { ledger, ids, prefix } = await openBatch(20, 200);
    await redis.hdel(`${prefix}:batch:b`, 'seen');
    const [first, ...others] = await Promise.all(ids.map((id) => begin(ledger, id)));
    expect(first).toEqual({ moved: true });
    expect(others.every((each) => !each.moved && each.refusal === 'budget-wait')).toBe(true);
    expect(await ledger.take(5)).toMatchObject({ ids: [], exhausted: [] });
    await ledger.move('recordTask', 's_0', { taskId: 't' });
    await ledger.note('s_0', { chargeCredits: 10 });
    expect((await ledger.take(5)).ids).not.toEqual([]);
    const begun = await Promise.all(ids.slice(1).map((id) => begin(ledger, id)));
    expect(begun.every(({ moved }) => moved)).toBe(true);
  });

  it('counts what a running task costs once, however often its record is read', async () => {
    const { ledger, committed } = await openBatch(2, 100);
    await begin(ledger, 's_0');
    await ledger.move('recordTask', 's_0', { taskId: 't' });
    for (const credits of [10, 10, 9]) await ledger.note('s_0', { chargeCredits: credits });
    expect(await committed()).toBe(9);
    expect(await ledger.batch('b')).toMatchObject({ creditsSpent: 9 });
    await ledger.move('fail', 's_0', { reason: 'generation-failed', releaseCredits: true });
    expect(await committed()).toBe(0);
    expect(await ledger.batch('b')).toMatchObject({ creditsSpent: 0 });
  });

  it('pauses a batch whose tasks cost more than announced, until a person agrees', async () => {
    const { ledger, prefix, committed } = await openBatch(4, 200);
    await ledger.announcePrice('b', price);
    await begin(ledger, 's_0');
    await ledger.move('recordTask', 's_0', { taskId: 't' });
    expect(await ledger.note('s_0', { chargeCredits: 80 })).toEqual({ moved: true, isDearer: true });
    expect(await committed()).toBe(80);
    expect(await ledger.batch('b')).toMatchObject({ isPaused: true, dearer: { announced: 10, costs: 80 } });
    expect(await begin(ledger, 's_1')).toMatchObject({ refusal: 'paused' });
    await createBatchOperations({ redis, prefix }).resume('b');
    expect(await ledger.batch('b')).toMatchObject({ isPaused: false, dearer: null });
    expect(await begin(ledger, 's_1')).toEqual({ moved: true });
    expect(await begin(ledger, 's_2')).toMatchObject({ refusal: 'budget-wait' });
    await ledger.move('recordTask', 's_1', { taskId: 't1' });
    expect(await ledger.note('s_1', { chargeCredits: 80 })).toEqual({ moved: true });
  });

  it('without an estimate overshoots by at most one task, and uses what it can', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 40, max: 160 }), { minLength: 60, maxLength: 60 }),
        async (costs) => {
          const { ledger, ids, prefix } = await openBatch(60, 1500);
          await redis.hdel(`${prefix}:batch:b`, 'seen', 'price');
          let spent = 0;
          for (let waiting = ids; waiting.length > 0; ) {
            const moves = await Promise.all(
              waiting.map((id) => ledger.move('beginSubmit', id, { reserveCredits: 'unknown' })),
            );
            const begun = waiting.filter((_, n) => moves[n]?.moved);
            if (begun.length === 0) break;
            for (const id of begun) {
              const credits = costs[ids.indexOf(id)] ?? 0;
              spent += credits;
              await ledger.move('recordTask', id, { taskId: `t-${id}` });
              await ledger.note(id, { chargeCredits: credits });
            }
            waiting = waiting.filter((id) => !begun.includes(id));
          }
          expect(spent).toBeLessThanOrEqual(1500 + 160);
          expect(spent).toBeGreaterThanOrEqual(1500 * 0.8);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('goes by the highest price that was really paid', async () => {
    const { ledger, prefix } = await openBatch(3, 40);
    await begin(ledger, 's_0');
    await ledger.move('recordTask', 's_0', { taskId: 't' });
    await ledger.move('beginDownload', 's_0', { addCreditsSpent: 25 });
    await createBatchOperations({ redis, prefix }).resume('b');
    expect(await begin(ledger, 's_1')).toMatchObject({ refusal: 'budget-out' });
  });

  it('hands out no link it cannot pay, and names the batch once no credits can be returned', async () => {
    const { ledger } = await openBatch(5, 25);
    const { ids } = await ledger.take(2);
    for (const id of ids) await begin(ledger, id);
    expect(await ledger.take(5)).toMatchObject({ ids: [], exhausted: [] });
    expect(await ledger.takeUnaffordable('b', 10)).toEqual([]);
    for (const id of ids) await ledger.move('recordTask', id, { taskId: `t-${id}` });
    for (const id of ids) await ledger.move('beginDownload', id, { addCreditsSpent: 10 });
    expect(await ledger.take(5)).toMatchObject({ ids: [], exhausted: ['b'] });
    expect(await ledger.takeUnaffordable('b', 2)).toHaveLength(2);
    expect(await ledger.takeUnaffordable('b', 2)).toHaveLength(1);
    expect(await ledger.take(5)).toMatchObject({ ids: [], exhausted: [] });
  });

  it('is never exceeded, whatever becomes of the tasks', async () => {
    const action = fc.constantFrom(
      ...['begin', 'later', 'unsure', 'accept', 'succeed', 'beside', 'fail', 'again'],
    );
    const walk = fc.array(fc.tuple(action, fc.integer({ min: 0, max: 4 })), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(walk, fc.integer({ min: 0, max: 60 }), async (steps, budget) => {
        const { ledger, committed } = await openBatch(5, budget);
        let serial = 0;
        for (const [what, n] of steps) {
          const id = `s_${n}`;
          serial += 1;
          if (what === 'begin') await begin(ledger, id);
          if (what === 'later') await ledger.move('submitLater', id, { releaseCredits: true });
          if (what === 'unsure') await ledger.move('submitLater', id, { addPossiblyPaidTwice: 1 });
          if (what === 'accept') await ledger.move('recordTask', id, { taskId: `t${serial}` });
          if (what === 'succeed') await ledger.move('beginDownload', id, { addCreditsSpent: price });
          const item = await ledger.item(id);
          // A task beside is one whose answer was lost before.
          if (what === 'beside' && item?.state === 'processing' && item.possiblyPaidTwice > 0)
            await ledger.note(id, { addCreditsSpentBeside: { taskId: `lost-${n}`, credits: price } });
          if (what === 'fail') await ledger.move('fail', id, { reason: 'rejected', releaseCredits: true });
          if (what === 'again') await ledger.move('requeue', id);
          expect(await committed()).toBeLessThanOrEqual(budget);
          expect(await committed()).toBeGreaterThanOrEqual((await ledger.batch('b'))?.creditsSpent ?? 0);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a batch that is held back', () => {
  it('hands out nothing until it is started, and one that has begun is not held', async () => {
    const redis = connectTestRedis();
    const ledger = createLedger({ redis, prefix: redisPrefix(), shareUrl: () => null });
    await ledger.openBatch('b', { model: 'm', root: '/' });
    expect(await ledger.holdBatch('b')).toBe(true);
    await ledger.enqueue('b', [{ id: 's_0', url: 'https://sora.chatgpt.com/p/s_0' }]);
    expect((await ledger.take(5)).ids).toEqual([]);
    expect(await ledger.holdBatch('b')).toBe(true);
    await ledger.startBatch('b');
    expect(await ledger.holdBatch('b')).toBe(false);
    expect((await ledger.take(5)).ids).toEqual(['s_0']);
    await redis.quit();
  });
});
