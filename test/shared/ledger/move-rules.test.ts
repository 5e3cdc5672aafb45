/** What one move changes in a link, in what its batches count and in where it is found, rule by rule. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ItemChanges } from '../../../src/shared/ledger/changes.ts';
import { itemOfTask } from '../../../src/shared/ledger/task-index.ts';
import { jobPolicy } from '../../../src/shared/policy.ts';
import { startOwnRedis } from '../../setup/own-redis.ts';
import { connectTestRedis } from '../../setup/redis.ts';
import { type Fields, ledgerWith } from './given-ledger.ts';

let redis: Redis;
beforeAll(() => {
  redis = connectTestRedis();
});
afterAll(async () => {
  await redis.quit();
});

const given = (item: Fields, batches: Readonly<Record<string, Fields>> = { b: {} }) =>
  ledgerWith(redis, { batches, items: { s_0: { b: 'b', ...item } } });

describe('a note', () => {
  async function noted(item: Fields, changes: ItemChanges, batches?: Readonly<Record<string, Fields>>) {
    const records = await given({ s: 'processing', ...item }, batches);
    return { ...records, moved: await records.ledger.note('s_0', changes) };
  }

  it.each<readonly [string, Fields, ItemChanges, Fields]>([
    ['sets a field', {}, { message: 'slow' }, { g: 'slow' }],
    ['removes one', { g: 'slow' }, { message: null }, { g: null }],
    ['adds a task as the one that counts', { t: 't1', k: 5 }, { taskId: 't2' }, { t: 't1,t2', k: null }],
    ['adds the first one, and keeps what was charged', { k: 5 }, { taskId: 't2' }, { t: 't2', k: 5 }],
    ['adds a secondary task in front', { t: 't1', k: 5 }, { otherTaskId: 't0' }, { t: 't0,t1', k: 5 }],
    ['adds a secondary task as the first', {}, { otherTaskId: 't0' }, { t: 't0' }],
    ['lists a spare task', { S: 'ta' }, { spareTaskId: 'tb' }, { S: 'ta,tb' }],
    ['lists it once, at the end', { S: 'ta,tb' }, { spareTaskId: 'ta' }, { S: 'tb,ta' }],
    ['unlists a useless one', { S: 'ta,tb' }, { uselessTaskId: 'ta' }, { S: 'tb' }],
    ['unlists the last', { S: 'ta' }, { uselessTaskId: 'ta' }, { S: null }],
    ['counts in the link alone', { j: 1 }, { addExcusedTasks: 2 }, { j: 3 }],
    ['counts a possible double payment', {}, { addPossiblyPaidTwice: 1 }, { x: 1 }],
    ['counts another', { x: 1 }, { addPossiblyPaidTwice: 1 }, { x: 2 }],
    ['counts one less', { x: 2 }, { addPossiblyPaidTwice: -1 }, { x: 1 }],
    ['counts none', { x: 1 }, { addPossiblyPaidTwice: -1 }, { x: null }],
    ['counts none below that', {}, { addPossiblyPaidTwice: -1 }, { x: null }],
  ])('%s', async (_rule, item, changes, after) => {
    const { itemLike, moved } = await noted(item, changes);
    expect(moved).toEqual({ moved: true });
    expect(await itemLike('s_0', after)).toEqual(after);
    expect(await itemLike('s_0', { s: 0 })).toEqual({ s: 'processing' });
  });

  it.each<readonly [string, Fields, ItemChanges, Fields]>([
    ['attempts', {}, { addAttempts: 2 }, { 'sum:a': 2 }],
    ['nothing of what is the link’s own', {}, { addExcusedTasks: 2 }, { 'sum:j': null }],
    ['a link that was possibly paid twice', {}, { addPossiblyPaidTwice: 1 }, { 'sum:x': 1 }],
    ['such a link once', { x: 1 }, { addPossiblyPaidTwice: 1 }, { 'sum:x': null }],
    ['such a link until all is known', { x: 2 }, { addPossiblyPaidTwice: -1 }, { 'sum:x': null }],
    ['such a link no longer then', { x: 1 }, { addPossiblyPaidTwice: -1 }, { 'sum:x': -1 }],
    ['no such link below zero', {}, { addPossiblyPaidTwice: -1 }, { 'sum:x': null }],
  ])('makes all batches that list the link count %s', async (_what, item, changes, after) => {
    const { batchLike } = await noted({ o: 'other', ...item }, changes, { b: {}, other: {} });
    for (const name of ['b', 'other']) expect(await batchLike(name, after)).toEqual(after);
  });

  it('leaves the link where it is found', async () => {
    const { keys, ledger } = await noted({}, {});
    await redis.zadd(keys.active, 5, 's_0');
    await ledger.note('s_0', { message: 'slow' });
    expect(await redis.zscore(keys.active, 's_0')).toBe('5');
  });

  it.each(['taskId', 'otherTaskId'] as const)('makes the link be found by its task: %s', async (change) => {
    const { prefix } = await noted({ t: 't1' }, { [change]: 't2' });
    expect(await itemOfTask({ redis, prefix }, 't2')).toBe('s_0');
  });

  it.each([
    's_0123456789abcdef0123456789abcdef',
    's_0123456789abcdef0123456789abcde',
    's_0123456789ABCDEF0123456789ABCDEF',
    'h0123',
  ])('makes %s be found by its task', async (id) => {
    const { ledger, prefix } = await ledgerWith(redis, {
      batches: { b: {} },
      items: { [id]: { s: 'processing', b: 'b' } },
    });
    await ledger.note(id, { taskId: 't1' });
    expect(await itemOfTask({ redis, prefix }, 't1')).toBe(id);
    expect(await ledger.note(id, { unownedTaskId: 't1' })).toEqual({ moved: true });
    await ledger.enqueue('b', [{ id: 's_9', url: 'https://videos.example/9.mp4' }]);
    expect(await ledger.note('s_9', { unownedTaskId: 't1', otherTaskId: 't1' })).toMatchObject({
      refusal: 'task-of-another',
    });
    await redis.hdel(`${prefix}:item:${id}`, 't');
    expect(await ledger.note('s_9', { unownedTaskId: 't1' })).toEqual({ moved: true });
  });

  it('keeps the id that follows from a digest in 17 bytes', async () => {
    const id = 's_0123456789abcdef0123456789abcdef';
    const { ledger, prefix } = await ledgerWith(redis, {
      batches: { b: {} },
      items: { [id]: { s: 'processing', b: 'b' } },
    });
    await ledger.note(id, { taskId: 't1' });
    const [bucket = ''] = await redis.keys(`${prefix}:tasks:*`);
    expect((await redis.hvalsBuffer(bucket)).map((value) => value.length)).toEqual([17]);
  });

  it.each(['taskId', 'otherTaskId'] as const)('is refused with a task that is known: %s', async (change) => {
    const { moved, itemLike } = await noted({ t: 't1,t2,t3' }, { [change]: 't2', message: 'again' });
    expect(moved).toEqual({ moved: false, state: 'processing', refusal: 'known-task' });
    expect(await itemLike('s_0', { t: 0, g: 0 })).toEqual({ t: 't1,t2,t3', g: null });
  });

  it.each(['t-1', 't.1', '100%d', '[t]'])('is refused with a known task called %s', async (taskId) => {
    const { moved } = await noted({ t: `t0,${taskId}` }, { taskId });
    expect(moved).toMatchObject({ refusal: 'known-task' });
  });

  it('takes no task for another whose name it begins', async () => {
    expect((await noted({ t: 't12,t1x' }, { taskId: 't1' })).moved).toEqual({ moved: true });
  });
});

describe('a move', () => {
  it.each<readonly [string, Fields, { attempts?: number; taskId?: string; state?: 'processing' }, boolean]>([
    ['happens with the expected attempts', { a: 2 }, { attempts: 2 }, true],
    ['does not happen with others', { a: 1 }, { attempts: 2 }, false],
    ['happens with none, as expected', {}, { attempts: 0 }, true],
    ['does not happen with none where some are expected', {}, { attempts: 1 }, false],
    ['happens with the expected task last', { t: 'ta,tb' }, { taskId: 'tb' }, true],
    ['does not happen with another one last', { t: 'tb,ta' }, { taskId: 'tb' }, false],
    ['happens with the expected attempts and task', { a: 2, t: 'tb' }, { attempts: 2, taskId: 'tb' }, true],
    [
      'does not happen with the expected attempts alone',
      { a: 2, t: 'ta' },
      { attempts: 2, taskId: 'tb' },
      false,
    ],
    ['does not happen with the expected task alone', { a: 1, t: 'tb' }, { attempts: 2, taskId: 'tb' }, false],
    ['happens from the expected state', {}, { state: 'processing' }, true],
  ])('%s', async (_when, item, expected, moved) => {
    const { ledger } = await given({ s: 'processing', ...item });
    expect(await ledger.move('resubmit', 's_0', {}, { expect: expected })).toEqual(
      moved ? { moved: true } : { moved: false, state: 'processing' },
    );
  });

  it('counts the link in its new state, in all its batches and in all', async () => {
    const records = await given(
      { s: 'processing', o: 'x,y' },
      { b: { processing: 3 }, x: { processing: 2 }, y: { processing: 1 } },
    );
    await redis.hset(records.keys.counts, { processing: 3 });
    await records.ledger.move('beginDownload', 's_0');
    for (const [name, processing] of [
      ['b', 2],
      ['x', 1],
      ['y', 0],
    ] as const)
      expect(await records.batchLike(name, { processing: 0, downloading: 0 })).toEqual({
        processing,
        downloading: 1,
      });
    expect(await redis.hgetall(records.keys.counts)).toEqual({ processing: '2', downloading: '1' });
  });

  it('from a state to itself counts nothing', async () => {
    const records = await given({ s: 'submitting' }, { b: { submitting: 1 } });
    await redis.hset(records.keys.counts, { submitting: 1 });
    expect(await records.ledger.move('awaitCallback', 's_0')).toEqual({ moved: true });
    expect(await records.batchLike('b', { submitting: 0 })).toEqual({ submitting: 1 });
    expect(await redis.hgetall(records.keys.counts)).toEqual({ submitting: '1' });
  });

  it('is due again after its next job and a time of grace', async () => {
    const { ledger, keys } = await given({ s: 'submitting' });
    const before = await ledger.now();
    await ledger.move('recordTask', 's_0', { taskId: 't1' }, { nextJobMs: 5000 });
    const dueMs = Number(await redis.zscore(keys.active, 's_0'));
    expect(dueMs).toBeGreaterThanOrEqual(before + 5000 + jobPolicy.graceMs);
    expect(dueMs).toBeLessThanOrEqual((await ledger.now()) + 5000 + jobPolicy.graceMs);
    await ledger.move('fail', 's_0', { reason: 'rejected' });
    expect(await redis.zscore(keys.active, 's_0')).toBeNull();
  });

  it('stamps the time since the link was enqueued', async () => {
    const [seconds] = await redis.time();
    const { ledger, itemLike } = await given({ s: 'submitting', e: Number(seconds) * 1000 - 60_000 });
    await ledger.move('recordTask', 's_0', { taskId: 't1', stamp: ['submittedAt'] });
    const { m } = await itemLike('s_0', { m: 0 });
    expect(m).toBeGreaterThanOrEqual(60_000);
    expect(m).toBeLessThan(120_000);
  });

  it('ends the note of whose create call it was, unless the call is only waited for', async () => {
    const answered = await given({ s: 'submitting', w: 'worker' });
    await answered.ledger.move('recordTask', 's_0', { taskId: 't1' });
    expect(await answered.itemLike('s_0', { w: 0 })).toEqual({ w: null });
    const lost = await given({ s: 'submitting', w: 'worker' });
    await lost.ledger.note('s_0', { message: 'slow' });
    expect(await lost.itemLike('s_0', { w: 0 })).toEqual({ w: 'worker' });
    await lost.ledger.move('awaitCallback', 's_0');
    expect(await lost.itemLike('s_0', { w: 0 })).toEqual({ w: null });
    const begun = await given({ s: 'queued', w: 'other' });
    await begun.ledger.move('beginSubmit', 's_0', { submitter: 'worker' });
    expect(await begun.itemLike('s_0', { w: 0 })).toEqual({ w: 'worker' });
  });

  it('leaves the gate with a create call, a failure or the end, and stays there when it is told to', async () => {
    const atGate = async (
      from: string,
      move: 'beginSubmit' | 'fail' | 'cancel' | 'submitLater',
      changes: ItemChanges = {},
    ) => {
      const { ledger, keys } = await given({ s: from });
      await redis.sadd(keys.atGate, 's_0');
      expect((await ledger.move(move, 's_0', changes)).moved).toBe(true);
      return (await redis.sismember(keys.atGate, 's_0')) === 1;
    };
    expect(await atGate('queued', 'beginSubmit')).toBe(false);
    expect(await atGate('queued', 'fail', { reason: 'rejected' })).toBe(false);
    expect(await atGate('queued', 'cancel')).toBe(false);
    expect(await atGate('processing', 'cancel')).toBe(false);
    expect(await atGate('submitting', 'submitLater', { staysAtGate: true })).toBe(true);
    const { ledger, keys } = await given({ s: 'submitting' });
    await ledger.move('submitLater', 's_0', { staysAtGate: true });
    expect(await redis.smembers(keys.atGate)).toEqual(['s_0']);
    await ledger.note('s_0', { message: 'slow' });
    expect(await redis.smembers(keys.atGate)).toEqual(['s_0']);
  });

  it('lists a failed or held link by when it became so, and not longer', async () => {
    const { ledger, keys } = await given({ s: 'processing', o: 'x' }, { b: {}, x: {} });
    const before = await ledger.now();
    await ledger.move('hold', 's_0');
    for (const name of ['b', 'x']) {
      const heldAt = Number(await redis.zscore(keys.listed(name, 'held'), 's_0'));
      expect(heldAt).toBeGreaterThanOrEqual(before);
      expect(heldAt).toBeLessThanOrEqual(await ledger.now());
    }
    await redis.zadd(keys.listed('b', 'held'), 7, 's_0');
    await ledger.move('recordOrphan', 's_0', { taskId: 't1' });
    for (const name of ['b', 'x']) expect(await redis.zscore(keys.listed(name, 'held'), 's_0')).toBeNull();
    expect(await redis.keys(`${keys.batch('b')}:processing`)).toEqual([]);
    await ledger.move('fail', 's_0', { reason: 'rejected' });
    await redis.zadd(keys.listed('b', 'failed'), 7, 's_0');
    await ledger.note('s_0', { message: 'late' });
    expect(await redis.zscore(keys.listed('b', 'failed'), 's_0')).toBe('7');
  });

  it('counts a failure by its reason, also when that changes', async () => {
    const records = await given({ s: 'processing', o: 'x' }, { b: {}, x: {} });
    await records.ledger.move('fail', 's_0', { reason: 'rejected' });
    const counted = (rejected: number, timeout: number | null) => ({
      'failed:rejected': rejected,
      'failed:task-timeout': timeout,
    });
    for (const name of ['b', 'x'])
      expect(await records.batchLike(name, counted(1, null))).toEqual(counted(1, null));
    await records.ledger.note('s_0', { taskId: 't1', reason: 'task-timeout' });
    expect(await records.batchLike('b', counted(0, 1))).toEqual(counted(0, 1));
    await records.ledger.move('collectAgain', 's_0', { reason: null });
    expect(await records.batchLike('b', counted(0, 0))).toEqual(counted(0, 0));
    await records.ledger.note('s_0', { reason: 'rejected' });
    expect(await records.batchLike('b', counted(0, 0))).toEqual(counted(0, 0));
  });
});

describe('a link whose batch was cancelled meanwhile', () => {
  const back = async (item: Fields, stopped: Fields, move: 'submitLater' | 'resubmit' | 'requeue') => {
    const records = await given(item, { b: stopped, x: {} });
    await records.ledger.move(move, 's_0');
    return {
      ...(await records.itemLike('s_0', { s: 0 })),
      due: await redis.zscore(records.keys.active, 's_0'),
    };
  };
  const stopped = { stopped: '1' };

  it('is cancelled when it returns', async () => {
    expect(await back({ s: 'submitting' }, stopped, 'submitLater')).toEqual({ s: 'cancelled', due: null });
    expect(await back({ s: 'processing' }, stopped, 'resubmit')).toEqual({ s: 'cancelled', due: null });
  });

  it('waits where another batch lists it, where it was retried, or where nothing was cancelled', async () => {
    expect(await back({ s: 'submitting', o: 'x' }, stopped, 'submitLater')).toMatchObject({ s: 'queued' });
    expect(await back({ s: 'failed' }, stopped, 'requeue')).toMatchObject({ s: 'queued' });
    expect(await back({ s: 'submitting' }, {}, 'submitLater')).toMatchObject({ s: 'queued' });
  });
});

describe('a create call', () => {
  async function begun(item: Fields, batches: Readonly<Record<string, Fields>>, changes: ItemChanges = {}) {
    const records = await given({ s: 'queued', ...item }, batches);
    await redis.sadd(records.keys.atGate, 's_0');
    await redis.zadd(records.keys.active, 5, 's_0');
    return { ...records, moved: await records.ledger.move('beginSubmit', 's_0', changes) };
  }
  const waitsAgain = { moved: false, state: 'queued', refusal: 'paused' };

  it('of a paused batch waits in front of its backlog again', async () => {
    const { moved, keys, ledger } = await begun({}, { b: { paused: '1' } });
    expect(moved).toEqual(waitsAgain);
    expect(await redis.exists(keys.atGate, keys.active, keys.rotation)).toBe(0);
    expect(await redis.lrange(keys.backlog('b'), 0, -1)).toEqual(['s_0']);
    expect((await ledger.take(1)).ids).toEqual([]);
  });

  it('of a paused batch leaves for the next one that lists the link and runs', async () => {
    const { moved, itemLike, keys } = await begun(
      { o: 'x,y,z' },
      { b: { paused: '1' }, x: { paused: '1' }, y: {}, z: {} },
    );
    expect(moved).toEqual({ moved: true });
    expect(await itemLike('s_0', { s: 0, b: 0, o: 0 })).toEqual({ s: 'submitting', b: 'y', o: 'b,x,z' });
    expect(await redis.exists(keys.backlog('b'), keys.backlog('y'))).toBe(0);
  });

  it('of paused batches waits in the backlogs of all', async () => {
    const { moved, itemLike, keys } = await begun({ o: 'x' }, { b: { paused: '1' }, x: { paused: '1' } });
    expect(moved).toEqual(waitsAgain);
    expect(await itemLike('s_0', { b: 0, o: 0 })).toEqual({ b: 'b', o: 'x' });
    for (const name of ['b', 'x']) expect(await redis.lrange(keys.backlog(name), 0, -1)).toEqual(['s_0']);
    expect(await redis.exists(keys.rotation)).toBe(0);
  });

  it('waits while everything is paused, and its batches that run take turns', async () => {
    const records = await given({ s: 'queued', o: 'x' }, { b: { paused: '1' }, x: {} });
    await redis.set(`${records.prefix}:paused`, '1');
    await redis.rpush(records.keys.backlog('x'), 's_1');
    expect(await records.ledger.move('beginSubmit', 's_0')).toEqual(waitsAgain);
    expect(await records.itemLike('s_0', { b: 0, o: 0 })).toEqual({ b: 'b', o: 'x' });
    expect(await redis.lrange(records.keys.backlog('x'), 0, -1)).toEqual(['s_0', 's_1']);
    expect(await redis.zrange(records.keys.rotation, '0', '-1', 'WITHSCORES')).toEqual(['x', '0']);
    await redis.zadd(records.keys.rotation, 7, 'x');
    await records.ledger.move('beginSubmit', 's_0');
    expect(await redis.zscore(records.keys.rotation, 'x')).toBe('7');
  });

  it('that has left already is stopped by no pause and no restart', async () => {
    const { moved, keys, itemLike } = await begun(
      { o: 'x' },
      { b: { paused: '1' }, x: {} },
      { renewsCall: true },
    );
    expect(moved).toEqual({ moved: true });
    expect(await itemLike('s_0', { b: 0 })).toEqual({ b: 'b' });
    expect(await redis.exists(keys.backlog('b'))).toBe(0);
    const restarted = await given({ s: 'queued' });
    await redis.set(`${restarted.prefix}:settled-run`, 'another');
    expect(await restarted.ledger.move('beginSubmit', 's_0', { renewsCall: true })).toEqual({ moved: true });
  });

  it('waits until the workers have recorded what a restarted Redis may have lost', async () => {
    const records = await given({ s: 'queued' });
    await redis.set(`${records.prefix}:settled-run`, 'another');
    expect(await records.ledger.move('beginSubmit', 's_0')).toEqual({
      moved: false,
      state: 'queued',
      refusal: 'redis-restarted',
    });
    expect(await records.ledger.move('fail', 's_0', { reason: 'rejected' })).toEqual({ moved: true });
    expect(await redis.get(`${records.prefix}:settled-run`)).toBe('another');
  });

  it('notes this run of Redis the first time', async () => {
    const records = await given({ s: 'queued' });
    expect(await records.ledger.move('beginSubmit', 's_0')).toEqual({ moved: true });
    const run = /run_id:([0-9a-f]+)/.exec(await redis.info('server'))?.[1];
    expect(await redis.get(`${records.prefix}:settled-run`)).toBe(run);
    const other = await given({ s: 'processing' });
    await other.ledger.move('resubmit', 's_0');
    expect(await redis.exists(`${other.prefix}:settled-run`)).toBe(0);
  });

  it('leaves where Redis does not say which run it is', async () => {
    await using own = await startOwnRedis();
    const restricted = new Redis(own.url);
    await restricted.acl('SETUSER', 'default', '-info');
    const { ledger, prefix } = await ledgerWith(restricted, {
      batches: { b: {} },
      items: { s_0: { s: 'queued', b: 'b' } },
    });
    expect(await ledger.move('beginSubmit', 's_0')).toEqual({ moved: true });
    expect(await restricted.exists(`${prefix}:settled-run`)).toBe(0);
    restricted.disconnect();
  });

  it('of an unknown link does nothing', async () => {
    const { ledger } = await ledgerWith(redis, { batches: { b: {} } });
    expect(await ledger.move('beginSubmit', 's_0')).toEqual({ moved: false, state: null });
  });
});
