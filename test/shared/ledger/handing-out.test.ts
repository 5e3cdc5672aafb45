/** Which links are handed out, with what a batch has spent and what is under way given. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobPolicy } from '../../../src/shared/policy.ts';
import { connectTestRedis } from '../../setup/redis.ts';
import { type Fields, ledgerWith } from './given-ledger.ts';

let redis: Redis;
beforeAll(() => {
  redis = connectTestRedis();
});
afterAll(async () => {
  await redis.quit();
});

const queued = (ids: readonly string[], batch: string) =>
  Object.fromEntries(ids.map((id) => [id, { s: 'queued', b: batch }]));

/** A batch of two links with a budget of 100, which has spent nothing. */
async function limited(batch: Fields) {
  const ids = ['s_0', 's_1'];
  return ledgerWith(redis, {
    batches: { b: { budget: 100, ...batch } },
    backlogs: { b: ids },
    items: queued(ids, 'b'),
  });
}

describe('a link is handed out', () => {
  it.each<readonly [string, Fields]>([
    ['with a budget that is not used', {}],
    ['with a budget for just one task', { budget: 10, price: 10 }],
    ['with room for just its price', { committed: 90, price: 10, processing: 1, seen: 1 }],
    ['with room that is smaller by a rounding error', { committed: 90 + 1e-9, price: 10 }],
    ['with the smallest room where no price is known', { committed: 99.9 }],
    ['with the first price unknown and nothing under way', { unseen: 1, seen: 0 }],
    ['with the first price seen', { unseen: 1, seen: 1, submitting: 1, price: 10 }],
    ['with no open price', { unseen: 0, seen: 0, submitting: 1, price: 10 }],
    [
      'with nineteen refusals at this spending',
      { committed: 50, tight: '50', 'tight-tries': 19, processing: 1, seen: 1 },
    ],
    [
      'with twenty refusals at another spending',
      { committed: 50, tight: '60', 'tight-tries': 20, processing: 1, seen: 1 },
    ],
    ['with twenty refusals and nothing under way', { committed: 50, tight: '50', 'tight-tries': 20 }],
    [
      'with room for four times the highest price for each open one, without estimates',
      { blind: '1', committed: 20, unseen: 2, seen: 1, dearest: 10, processing: 2 },
    ],
    ['with no open price, without estimates', { blind: '1', unseen: 0, dearest: 90, seen: 1, processing: 2 }],
    ['with estimates, however high prices are', { unseen: 2, seen: 1, dearest: 90, processing: 2 }],
  ])('%s', async (_when, batch) => {
    const { ledger } = await limited(batch);
    expect(await ledger.take(5)).toMatchObject({ ids: ['s_0', 's_1'], exhausted: [] });
  });

  it.each<readonly [string, Fields, readonly string[]]>([
    ['with a budget that is used up', { committed: 100 }, ['b']],
    ['with a budget that is overspent', { committed: 120 }, ['b']],
    ['with less room than its price', { committed: 91, price: 10 }, ['b']],
    ['with less room, and a create call that is open', { committed: 91, price: 10, submitting: 1 }, []],
    ['with less room, and a task that runs', { committed: 100, processing: 1 }, []],
    ['with the first price unknown', { unseen: 1, seen: 0, submitting: 1 }, []],
    [
      'with twenty refusals at this spending',
      { committed: 50, tight: '50', 'tight-tries': 20, processing: 1, seen: 1 },
      [],
    ],
    [
      'with twenty refusals before anything was spent',
      { tight: '0', 'tight-tries': 20, processing: 1, seen: 1 },
      [],
    ],
    [
      'with less than four times the highest price for each open one, without estimates',
      { blind: '1', committed: 21, unseen: 2, seen: 1, dearest: 10, processing: 2 },
      [],
    ],
  ])('but not %s', async (_when, batch, exhausted) => {
    const { ledger, keys } = await limited(batch);
    expect(await ledger.take(5)).toMatchObject({ ids: [], exhausted });
    expect(await redis.llen(keys.backlog('b'))).toBe(2);
  });

  it('and is overdue after its time of grace', async () => {
    const { ledger, keys } = await limited({});
    const before = await ledger.now();
    await ledger.take(1);
    const dueMs = Number(await redis.zscore(keys.active, 's_0'));
    expect(dueMs).toBeGreaterThanOrEqual(before + jobPolicy.graceMs);
    expect(dueMs).toBeLessThanOrEqual((await ledger.now()) + jobPolicy.graceMs);
    expect(await redis.smembers(keys.atGate)).toEqual(['s_0']);
  });

  it('but not while everything is paused', async () => {
    const { ledger, prefix } = await limited({});
    await redis.set(`${prefix}:paused`, '1');
    expect(await ledger.take(5)).toMatchObject({ ids: [], exhausted: [] });
  });

  it('but not when it has left the state or stands at the gate for another batch', async () => {
    const { ledger, keys } = await ledgerWith(redis, {
      batches: { b: {} },
      backlogs: { b: ['s_0', 's_1', 's_2'] },
      items: { ...queued(['s_0', 's_2'], 'b'), s_1: { s: 'saved', b: 'b' } },
    });
    await redis.sadd(keys.atGate, 's_0');
    expect((await ledger.take(3)).ids).toEqual(['s_2']);
    expect(await redis.zrange(keys.active, '0', '-1')).toEqual(['s_2']);
  });
});

it('a call looks at 5,000 ids that no longer wait at most, because Redis answers nothing else meanwhile', async () => {
  const gone = Array.from({ length: 6000 }, (_, n) => `gone-${n}`);
  const { ledger, keys } = await ledgerWith(redis, {
    batches: { b: {} },
    backlogs: { b: [...gone, 's_0'] },
    items: queued(['s_0'], 'b'),
  });
  expect((await ledger.take(1)).ids).toEqual([]);
  expect(await redis.llen(keys.backlog('b'))).toBe(1001);
  expect((await ledger.take(1)).ids).toEqual(['s_0']);
});

describe('batches take turns', () => {
  const many = (name: string) => Array.from({ length: 40 }, (_, n) => `${name}-${n}`);
  const two = (first: Fields, second: Fields) =>
    ledgerWith(redis, {
      batches: { a: first, z: second },
      backlogs: { a: many('a'), z: many('z') },
      items: { ...queued(many('a'), 'a'), ...queued(many('z'), 'z') },
    });
  const ofFirst = (ids: readonly string[]) => ids.filter((id) => id.startsWith('a')).length;

  it('one each', async () => {
    const { ledger } = await two({}, {});
    expect((await ledger.take(4)).ids).toEqual(['a-0', 'z-0', 'a-1', 'z-1']);
  });

  it('by their weight', async () => {
    const { ledger } = await two({ weight: 3 }, {});
    expect(ofFirst((await ledger.take(20)).ids)).toBe(15);
  });

  it('from when a batch joins', async () => {
    const { ledger } = await ledgerWith(redis, {
      batches: { a: {}, z: {} },
      backlogs: { a: many('a') },
      items: queued(many('a'), 'a'),
    });
    for (const id of (await ledger.take(20)).ids) await ledger.leaveGate(id);
    await ledger.enqueue(
      'z',
      many('z').map((id) => ({ id, url: `https://videos.example/${id}` })),
    );
    expect(ofFirst((await ledger.take(20)).ids)).toBe(10);
  });

  it('and one that is passed over does not get its turns later', async () => {
    const { ledger, keys } = await two({ budget: 10, committed: 10, processing: 1 }, {});
    expect(ofFirst((await ledger.take(20)).ids)).toBe(0);
    await redis.hset(keys.batch('a'), 'committed', 0, 'processing', 0);
    for (const id of many('z')) await ledger.leaveGate(id);
    expect(ofFirst((await ledger.take(10)).ids)).toBeLessThanOrEqual(6);
  });

  it('and one that nobody overtakes keeps its place', async () => {
    const { ledger, keys } = await two({ budget: 10, committed: 10, processing: 1 }, {});
    await redis.zadd(keys.rotation, 50, 'a');
    await ledger.take(2);
    expect(await redis.zscore(keys.rotation, 'a')).toBe('50');
  });

  it('until one is empty', async () => {
    const { ledger, keys } = await two({}, {});
    await redis.del(keys.backlog('a'));
    expect((await ledger.take(2)).ids).toEqual(['z-0', 'z-1']);
    expect(await redis.zrange(keys.rotation, '0', '-1')).toEqual(['z']);
  });

  it('or one is asked alone', async () => {
    const { ledger } = await two({}, {});
    expect((await ledger.take(3, [], 'z')).ids).toEqual(['z-0', 'z-1', 'z-2']);
    expect((await ledger.take(9, [], 'unknown')).ids).toEqual([]);
    expect((await ledger.take(4, ['m'], 'z')).ids).toEqual([]);
  });

  it('and one that is asked alone gets nothing that it cannot pay', async () => {
    const { ledger } = await two({}, { budget: 10, committed: 10 });
    expect(await ledger.take(3, [], 'z')).toMatchObject({ ids: [], exhausted: ['z'] });
  });

  it('and what is at the gate counts', async () => {
    const { ledger, keys } = await two({}, {});
    await redis.sadd(keys.atGate, 'elsewhere-1', 'elsewhere-2');
    expect((await ledger.take(5)).ids).toHaveLength(3);
    expect((await ledger.take(5)).ids).toHaveLength(0);
  });
});

describe('links that cannot be paid', () => {
  const poor = { budget: 100, committed: 95, price: 10 };
  const ids = ['s_0', 's_1', 's_2'];
  const given = (batch: Fields) =>
    ledgerWith(redis, {
      batches: { b: batch },
      backlogs: { b: ids },
      items: { ...queued(ids, 'b'), s_1: { s: 'queued', b: 'other', o: 'b' } },
    });

  it.each<readonly [string, Fields]>([
    ['less room than the price', poor],
    ['no room', { budget: 100, committed: 100 }],
    ['a budget of nothing', { budget: 0 }],
  ])('are taken to be ended: %s', async (_when, batch) => {
    const { ledger } = await given(batch);
    expect(await ledger.takeUnaffordable('b', 9)).toEqual(['s_0', 's_2']);
  });

  it.each<readonly [string, Fields]>([
    ['no budget', { committed: 100, price: 10 }],
    ['room for just the price', { ...poor, committed: 90 }],
    ['room that is smaller by a rounding error', { ...poor, committed: 90 + 1e-9 }],
    ['some room where no price is known', { budget: 100, committed: 99.9 }],
    ['the first credits of a budget', { budget: 10, price: 10 }],
    ['a create call that is open', { ...poor, submitting: 1 }],
    ['a task that runs', { ...poor, processing: 1 }],
  ])('are left where they may still be paid: %s', async (_when, batch) => {
    const { ledger, keys } = await given(batch);
    expect(await ledger.takeUnaffordable('b', 9)).toEqual([]);
    expect(await redis.llen(keys.backlog('b'))).toBe(3);
  });

  it('are taken a number at a time, and stay in the rotation until the last', async () => {
    const { ledger, keys } = await given(poor);
    const before = await ledger.now();
    expect(await ledger.takeUnaffordable('b', 1)).toEqual(['s_0']);
    expect(await ledger.takeUnaffordable('b', 2)).toEqual(['s_2']);
    expect(await redis.zscore(keys.rotation, 'b')).not.toBeNull();
    expect(await ledger.takeUnaffordable('b', 2)).toEqual([]);
    expect(await redis.zscore(keys.rotation, 'b')).toBeNull();
    expect(await redis.zrange(keys.active, '0', '-1')).toEqual(['s_0', 's_2']);
    const dueMs = Number(await redis.zscore(keys.active, 's_0'));
    expect(dueMs).toBeGreaterThanOrEqual(before + jobPolicy.graceMs);
    expect(dueMs).toBeLessThanOrEqual((await ledger.now()) + jobPolicy.graceMs);
  });
});
