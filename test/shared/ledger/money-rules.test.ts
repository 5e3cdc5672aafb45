/** What one move changes in the money of a link and of the batch that pays for it, rule by rule. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ItemChanges } from '../../../src/shared/ledger/changes.ts';
import { connectTestRedis } from '../../setup/redis.ts';
import { type Fields, type GivenLedger, ledgerWith } from './given-ledger.ts';

let redis: Redis;
beforeAll(() => {
  redis = connectTestRedis();
});
afterAll(async () => {
  await redis.quit();
});

const given = (batch: Fields, item: Fields, others: Readonly<Record<string, Fields>> = {}) =>
  ledgerWith(redis, { batches: { b: batch, ...others }, items: { s_0: { b: 'b', ...item } } });

async function expectMoney({ batchLike, itemLike }: GivenLedger, batch: Fields, item: Fields): Promise<void> {
  expect({ batch: await batchLike('b', batch), item: await itemLike('s_0', item) }).toEqual({ batch, item });
}

const estimate = (credits: number) => ({ reserveCredits: { credits, base: credits } }) as const;
const unknown = { reserveCredits: 'unknown' } as const;

describe('a create call', () => {
  const begin = async (batch: Fields, changes: ItemChanges, item: Fields = {}) => {
    const records = await given(batch, { s: 'queued', ...item });
    return { records, moved: await records.ledger.move('beginSubmit', 's_0', changes) };
  };
  const running = { budget: 100, processing: 1, seen: 1 };

  it.each<readonly [string, Fields, ItemChanges]>([
    ['without a budget', { committed: 500, processing: 1 }, estimate(10)],
    ['with room for just its estimate', { budget: 100, committed: 90 }, estimate(10)],
    ['with room that is smaller by a rounding error', { budget: 100, committed: 90 + 1e-9 }, estimate(10)],
    ['with the first credits of a budget', { budget: 10 }, estimate(10)],
    [
      'with room for its estimate where tasks cost less than theirs',
      { ...running, committed: 90, ratio: 0.5 },
      estimate(10),
    ],
    [
      'with room for twice its estimate where tasks cost twice theirs',
      { ...running, committed: 80, ratio: 2 },
      estimate(10),
    ],
    ['with any room where no price is known', { budget: 100, committed: 99 }, unknown],
    ['with room for the highest price that was seen', { ...running, committed: 90, dearest: 10 }, unknown],
    ['beside others whose prices are known', { ...running, unseen: 0, seen: 0 }, estimate(10)],
    ['beside others when a price was seen', { ...running, unseen: 1 }, estimate(10)],
    ['when all others are done', { budget: 100, unseen: 3, seen: 0 }, estimate(10)],
    [
      'with room for four times the highest price for each open one',
      { ...running, committed: 20, unseen: 2, dearest: 10 },
      unknown,
    ],
  ])('leaves %s', async (_when, batch, changes) => {
    expect((await begin(batch, changes)).moved).toEqual({ moved: true });
  });

  it('does not wait for the price of its own lost call', async () => {
    const { moved } = await begin({ ...running, seen: 0, unseen: 1 }, estimate(10), { q: 10 });
    expect(moved).toEqual({ moved: true });
  });

  it.each<readonly [string, Fields, ItemChanges, 'budget-wait' | 'budget-out']>([
    [
      'is refused with less room than its estimate',
      { budget: 100, committed: 91 },
      estimate(10),
      'budget-out',
    ],
    ['waits with less room while a task runs', { ...running, committed: 91 }, estimate(10), 'budget-wait'],
    [
      'waits with less room while another call is open',
      { budget: 100, committed: 91, submitting: 1 },
      estimate(10),
      'budget-wait',
    ],
    [
      'waits where tasks cost twice their estimates',
      { ...running, committed: 81, ratio: 2 },
      estimate(10),
      'budget-wait',
    ],
    [
      'is refused without room where no price is known',
      { budget: 100, committed: 100 },
      unknown,
      'budget-out',
    ],
    [
      'waits with less room than the highest price that was seen',
      { ...running, committed: 91, dearest: 10 },
      unknown,
      'budget-wait',
    ],
    ['waits for the first price', { ...running, seen: 0, unseen: 1 }, estimate(10), 'budget-wait'],
    [
      'waits for the first price, also where it is unknown',
      { ...running, unseen: 1 },
      unknown,
      'budget-wait',
    ],
    [
      'waits with less than four times the highest price for each open one',
      { ...running, committed: 21, unseen: 2, dearest: 10 },
      unknown,
      'budget-wait',
    ],
  ])('%s', async (_rule, batch, changes, refusal) => {
    const { records, moved } = await begin(batch, changes);
    expect(moved).toEqual({ moved: false, state: 'queued', refusal });
    await expectMoney(
      records,
      { committed: batch['committed'] ?? null, unseen: batch['unseen'] ?? null },
      { s: 'queued', q: null },
    );
  });

  it('that waits is counted until the spending changes', async () => {
    const { records } = await begin({ ...running, committed: 91 }, estimate(10));
    await expectMoney(records, { tight: 91, 'tight-tries': 1 }, {});
    await records.ledger.move('beginSubmit', 's_0', estimate(10));
    await expectMoney(records, { tight: 91, 'tight-tries': 2 }, {});
    await redis.hset(records.keys.batch('b'), 'committed', 95);
    await records.ledger.move('beginSubmit', 's_0', estimate(10));
    await expectMoney(records, { tight: 95, 'tight-tries': 1 }, {});
    const before = await begin({ ...running, seen: 0, unseen: 1 }, estimate(10));
    await expectMoney(before.records, { tight: 0, 'tight-tries': 1 }, {});
  });

  it('that is refused is not counted', async () => {
    const { records } = await begin({ budget: 100, committed: 91 }, estimate(10));
    await expectMoney(records, { tight: null, 'tight-tries': null }, {});
  });

  it.each<readonly [string, Fields, Fields, ItemChanges, Fields, Fields]>([
    [
      'its estimate',
      { committed: 5, unseen: 1 },
      { k: 7 },
      { reserveCredits: { credits: 10, base: 8 } },
      { committed: 15, unseen: 2, blind: null },
      { q: 10, i: '10 8', k: 7, l: null },
    ],
    [
      'twice its estimate where tasks cost that',
      { ratio: 2 },
      {},
      estimate(10),
      { committed: 20 },
      { q: 20, i: '10 10' },
    ],
    [
      'nothing where no price is known',
      {},
      { i: '9 9' },
      unknown,
      { committed: null, unseen: 1, blind: 1 },
      { q: 0, i: null },
    ],
    ['the highest price that was seen', { dearest: 12 }, {}, unknown, { committed: 12, blind: 1 }, { q: 12 }],
    ['that price below one credit', { dearest: 0.5 }, {}, unknown, { committed: 0.5, blind: 1 }, { q: 0.5 }],
    [
      'its estimate besides what a lost call may have cost',
      { committed: 10, unseen: 1 },
      { q: 10, l: 4 },
      estimate(10),
      { committed: 20, unseen: 1 },
      { q: 10, l: 14 },
    ],
    [
      'its estimate alone after a lost call without a price',
      { unseen: 1 },
      { q: 0 },
      estimate(10),
      { committed: 10, unseen: 1 },
      { q: 10, l: null },
    ],
    [
      'its estimate, and counts no open price below zero',
      { unseen: 0 },
      { q: 5 },
      estimate(10),
      { unseen: 1 },
      { q: 10, l: 5 },
    ],
  ])('reserves %s', async (_what, batch, item, changes, batchAfter, itemAfter) => {
    const { records } = await begin(batch, changes, item);
    await expectMoney(records, batchAfter, itemAfter);
  });
});

describe('the cost of a task', () => {
  const running = { s: 'processing', t: 't1', q: 10, i: '10 10' };
  const committed = { committed: 30, unseen: 1 };
  const note = async (batch: Fields, item: Fields, changes: ItemChanges) => {
    const records = await given({ ...committed, ...batch }, { ...running, ...item });
    return { records, moved: await records.ledger.note('s_0', changes) };
  };

  it('takes the place of what was reserved', async () => {
    const { records } = await note({}, {}, { chargeCredits: 12 });
    await expectMoney(
      records,
      { committed: 32, unseen: 0, seen: 1, 'sum:c': 12, ratio: 1.2, dearest: 12, price: null },
      { c: 12, k: 12, q: null, i: '10 10' },
    );
  });

  it('takes the place of what was said before', async () => {
    const { records } = await note(
      { 'sum:c': 12, unseen: 3, seen: 4 },
      { q: null, c: 12, k: 12 },
      { chargeCredits: 9 },
    );
    await expectMoney(records, { committed: 27, unseen: 3, seen: 4, 'sum:c': 9 }, { c: 9, k: 9 });
  });

  it('is not counted again when it is the same', async () => {
    const { records } = await note(
      { 'sum:c': 12, seen: 4 },
      { q: null, c: 12, k: 12 },
      { chargeCredits: 12 },
    );
    await expectMoney(records, { committed: 30, seen: 4, 'sum:c': 12 }, { c: 12, k: 12 });
  });

  it('that is nothing gives back what was reserved, and shows no price', async () => {
    const { records } = await note({}, {}, { releaseCredits: true });
    await expectMoney(
      records,
      { committed: 20, unseen: 0, seen: null, 'sum:c': null },
      { q: null, k: null, c: null, i: null },
    );
  });

  it('that is nothing gives back what was said before', async () => {
    const { records } = await note({ 'sum:c': 12 }, { q: null, c: 12, k: 12 }, { releaseCredits: true });
    await expectMoney(records, { committed: 18, seen: null, 'sum:c': 0 }, { c: 0, k: null });
  });

  it('is kept after the end, for a retry that polls the task again or a call that is answered with it', async () => {
    const failed = await given(committed, running);
    await failed.ledger.move('fail', 's_0', { reason: 'generation-failed', addCreditsSpent: 12 });
    await expectMoney(failed, { committed: 32 }, { k: 12, i: null, c: 12 });
    const done = await given(committed, running);
    await done.ledger.move('beginDownload', 's_0', { addCreditsSpent: 12 });
    await expectMoney(done, { committed: 32 }, { k: 12, i: null, c: 12 });
  });

  it('of a call without a task gives back only what was reserved', async () => {
    for (const s of ['queued', 'submitting']) {
      const records = await given(committed, { s, t: 't1', q: 10, k: 7, c: 7 });
      await records.ledger.move('fail', 's_0', { reason: 'rejected', releaseCredits: true });
      await expectMoney(records, { committed: 20, unseen: 0, 'sum:c': null }, { q: null, k: 7, c: 7 });
    }
  });

  it('of a task that was counted as a secondary one is not counted again', async () => {
    const { records } = await note({}, { p: 't0,t1', c: 10 }, { chargeCredits: 12 });
    await expectMoney(records, { committed: 20, unseen: 0, 'sum:c': null }, { q: null, c: 10, k: null });
    const again = await note({}, { p: 't0,=t1', c: 10 }, { chargeCredits: 12 });
    await expectMoney(again.records, { committed: 32, 'sum:c': 12 }, { c: 22, k: 12 });
  });

  it.each<readonly [string, Fields, Fields, number, Fields]>([
    ['raises the share of the estimate', { ratio: 1.1 }, {}, 12, { ratio: 1.2 }],
    ['does not lower it', { ratio: 1.3 }, {}, 12, { ratio: 1.3 }],
    ['is a share of less than one credit too', {}, { i: '0.5 0.5' }, 1, { ratio: 2 }],
    ['is no share without an estimate', {}, { i: null }, 12, { ratio: null, dearest: 12, seen: 1 }],
    ['is no share of nothing', {}, { i: '0 0' }, 12, { ratio: null }],
    ['is the highest', { dearest: 11 }, {}, 12, { dearest: 12 }],
    ['is not the highest', { dearest: 13 }, {}, 12, { dearest: 13 }],
    ['raises the expected price', { price: 10 }, {}, 12, { price: 12 }],
    ['does not lower the expected price', { price: 13 }, {}, 12, { price: 13 }],
  ])('is learned: it %s', async (_what, batch, item, credits, batchAfter) => {
    const { records } = await note(batch, item, { chargeCredits: credits });
    await expectMoney(records, batchAfter, {});
  });

  it.each<readonly [string, Fields, number]>([
    ['5 % and a hundredth above the announced price', { announced: 10 }, 10.52],
    ['above what a person has agreed to', { announced: 10, agreed: 2 }, 20.02],
    ['above the estimate, where estimates were announced', { announced: 'estimate' }, 10.52],
    ['above the estimate, where there is a budget', { budget: 100 }, 10.52],
  ])('pauses the batch %s', async (_when, batch, credits) => {
    const { records, moved } = await note(batch, {}, { chargeCredits: credits });
    expect(moved).toEqual({ moved: true, isDearer: true });
    await expectMoney(records, { paused: 1, dearer: `10 ${credits}` }, {});
  });

  it.each<readonly [string, Fields, number]>([
    ['5 % and a hundredth above the announced price at most', { announced: 10 }, 10.51],
    ['what a person has agreed to', { announced: 10, agreed: 2 }, 20.01],
    ['the announced price, whatever the estimate', { announced: 30, budget: 100 }, 30],
    ['any price, where nothing was announced and there is no budget', {}, 99],
    ['a higher price, where it is paused already', { announced: 10, paused: '1' }, 99],
  ])('does not pause the batch: %s', async (_when, batch, credits) => {
    const { records, moved } = await note(batch, {}, { chargeCredits: credits });
    expect(moved).toEqual({ moved: true });
    await expectMoney(records, { paused: batch['paused'] === '1' ? 1 : null, dearer: null }, {});
  });

  it('takes a batch that is paused out of the rotation', async () => {
    const records = await given({ ...committed, announced: 10 }, running);
    await redis.zadd(records.keys.rotation, 1, 'b', 1, 'other');
    await records.ledger.note('s_0', { chargeCredits: 30 });
    expect(await redis.zrange(records.keys.rotation, '0', '-1')).toEqual(['other']);
  });

  it('is counted by every batch that lists the link, and paid by one', async () => {
    const records = await given(
      committed,
      { ...running, o: 'other,third' },
      { other: {}, third: { 'sum:c': 5 } },
    );
    await records.ledger.note('s_0', { chargeCredits: 12 });
    expect(await records.batchLike('other', { 'sum:c': 0, committed: 0 })).toEqual({
      'sum:c': 12,
      committed: null,
    });
    expect(await records.batchLike('third', { 'sum:c': 0, committed: 0 })).toEqual({
      'sum:c': 17,
      committed: null,
    });
  });
});

describe('the cost of a secondary task', () => {
  const beside = (credits: number, taskId = 't0') => ({ addCreditsSpentBeside: { taskId, credits } });
  async function noted(batch: Fields, item: Fields, changes: ItemChanges = beside(7)) {
    const records = await given({ committed: 30, ...batch }, { s: 'processing', t: 't0,t1', ...item });
    await records.ledger.note('s_0', changes);
    return records;
  }

  it.each<readonly [string, Fields, Fields, ItemChanges, Fields, Fields]>([
    [
      'is added where nothing was reserved',
      {},
      {},
      beside(7),
      { committed: 37, 'sum:c': 7, dearest: 7 },
      { c: 7, p: 't0', l: null },
    ],
    [
      'takes the place of what was reserved for it',
      {},
      { l: 7 },
      beside(7),
      { committed: 30 },
      { l: null, c: 7 },
    ],
    [
      'takes all that was reserved where it has cost more',
      {},
      { l: 5 },
      beside(7),
      { committed: 32 },
      { l: null },
    ],
    [
      'takes its own part of what was reserved for several tasks',
      {},
      { l: 20 },
      beside(7),
      { committed: 30 },
      { l: 13 },
    ],
    [
      'takes the expected price, where it has cost less',
      { price: 10 },
      { l: 20 },
      beside(7),
      { committed: 27 },
      { l: 10 },
    ],
    [
      'takes what is left where that is less than the expected price',
      { price: 10 },
      { l: 4 },
      beside(7),
      { committed: 33 },
      { l: null },
    ],
    ['leaves the reservation of a task that runs', {}, { q: 10 }, beside(7), { committed: 37 }, { q: 10 }],
    ['is listed after the others', {}, { p: 'ta,tb', c: 5 }, beside(7), {}, { p: 'ta,tb,t0', c: 12 }],
    [
      'is counted once',
      {},
      { p: 'ta,t0', c: 5 },
      beside(7),
      { committed: 30, 'sum:c': null },
      { p: 'ta,t0', c: 5 },
    ],
    [
      'is not counted where it became the task that counts',
      {},
      { p: 'ta,=t0', c: 5 },
      beside(7),
      { committed: 30 },
      { p: 'ta,=t0', c: 5 },
    ],
    ['is the highest that was seen', { dearest: 6 }, {}, beside(7), { dearest: 7 }, {}],
    ['is not the highest', { dearest: 8 }, {}, beside(7), { dearest: 8 }, {}],
    [
      'that is nothing gives back what was reserved',
      { price: 10 },
      { l: 10 },
      beside(0),
      { committed: 20, 'sum:c': 0 },
      { l: null, p: 't0' },
    ],
    [
      'of a failed link takes the reservation of its lost call',
      { unseen: 2 },
      { s: 'failed', q: 7 },
      beside(7),
      { committed: 30, unseen: 1 },
      { q: null },
    ],
    [
      'of a failed link leaves what was reserved beyond it',
      { unseen: 2 },
      { s: 'failed', q: 10 },
      beside(7),
      { committed: 30, unseen: 2 },
      { q: 3 },
    ],
    [
      'of a cancelled link takes the reservation of its lost call',
      { unseen: 2 },
      { s: 'cancelled', q: 7 },
      beside(7),
      { committed: 30, unseen: 1 },
      { q: null },
    ],
    [
      'of a failed link takes what was reserved for lost calls first',
      { unseen: 2 },
      { s: 'failed', q: 7, l: 7 },
      beside(7),
      { committed: 30, unseen: 2 },
      { q: 7, l: null },
    ],
  ])('%s', async (_rule, batch, item, changes, batchAfter, itemAfter) => {
    await expectMoney(await noted(batch, item, changes), batchAfter, itemAfter);
  });
});

describe('a secondary task that is followed from now on', () => {
  async function noted(batch: Fields, item: Fields) {
    const records = await given(
      { committed: 30, unseen: 1, ...batch },
      { s: 'processing', t: 'a,b,c', S: 'x,a', ...item },
    );
    await records.ledger.move('followOther', 's_0', { followedTaskId: 'a' });
    return records;
  }

  it.each<readonly [string, Fields, Fields, Fields, Fields]>([
    [
      'counts, and is no spare any more',
      {},
      { k: 5 },
      { unseen: 1 },
      { t: 'b,c,a', S: 'x', p: '=a', k: null, q: null },
    ],
    [
      'keeps what the task before may have cost',
      {},
      { q: 10, p: 'a' },
      { unseen: 0, committed: 30 },
      { l: 10, q: null, p: 'a' },
    ],
    ['adds that to what lost calls may have cost', {}, { q: 10, l: 4, p: 'a' }, {}, { l: 14 }],
    ['takes the reservation of the lost call', { unseen: 0 }, { l: 10 }, { unseen: 1 }, { q: 10, l: null }],
    [
      'takes the expected price where several tasks were lost',
      { unseen: 0, price: 8 },
      { l: 20 },
      { unseen: 1 },
      { q: 8, l: 12 },
    ],
    [
      'takes the highest price where several tasks were lost',
      { unseen: 0, price: 8, dearest: 9 },
      { l: 20 },
      {},
      { q: 9, l: 11 },
    ],
    [
      'takes what is left where that is less than the expected price',
      { unseen: 0, price: 20 },
      { l: 10 },
      {},
      { q: 10, l: null },
    ],
    [
      'takes what is left where that is just the expected price',
      { unseen: 0, price: 10 },
      { l: 10 },
      {},
      { q: 10, l: null },
    ],
    ['is listed after the others', {}, { p: 'b' }, {}, { p: 'b,=a' }],
    ['is listed once', { unseen: 0 }, { p: 'b,=a', l: 10 }, { unseen: 1 }, { p: 'b,=a', q: 10 }],
    [
      'takes nothing where its cost was counted',
      { unseen: 0 },
      { p: 'b,a', l: 10 },
      { unseen: 0 },
      { p: 'b,a', l: 10, q: null },
    ],
  ])('%s', async (_rule, batch, item, batchAfter, itemAfter) => {
    await expectMoney(await noted(batch, item), batchAfter, itemAfter);
  });
});

describe('a link that goes to another batch takes along', () => {
  const queued = { s: 'queued', o: 'other' };
  async function passed(batch: Fields, item: Fields, other: Fields = {}) {
    const records = await given({ paused: '1', committed: 30, ...batch }, { ...queued, ...item }, { other });
    await records.ledger.move('beginSubmit', 's_0', {});
    return records;
  }

  it.each<readonly [string, Fields, Fields, Fields, Fields]>([
    [
      'what is reserved',
      { unseen: 1 },
      { q: 10 },
      { committed: 20, unseen: 0 },
      { committed: 10, unseen: 1 },
    ],
    ['what lost calls may have cost', {}, { l: 4 }, { committed: 26 }, { committed: 4, unseen: null }],
    ['both', { unseen: 3 }, { q: 10, l: 4 }, { committed: 16, unseen: 2 }, { committed: 14, unseen: 1 }],
    [
      'an open price of nothing',
      { unseen: 1 },
      { q: 0 },
      { committed: 30, unseen: 0 },
      { committed: null, unseen: 1 },
    ],
    [
      'no open price where none is counted',
      { unseen: 0 },
      { q: 10 },
      { committed: 20, unseen: 0 },
      { committed: 10, unseen: null },
    ],
    ['nothing otherwise', { unseen: 1 }, {}, { committed: 30, unseen: 1 }, { committed: null, unseen: null }],
  ])('%s', async (_what, batch, item, from, to) => {
    const records = await passed(batch, item);
    expect({ from: await records.batchLike('b', from), to: await records.batchLike('other', to) }).toEqual({
      from,
      to,
    });
    expect(await records.itemLike('s_0', { b: 0, o: 0 })).toEqual({ b: 'other', o: 'b' });
  });
});
