/** How much room the gate sees, and how long until there is some, with what was learned and what is under way given. */
import { afterAll, describe, expect, test } from 'vitest';
import { countsKey, haltsKey } from '../../../src/shared/gate-state/gate-keys.ts';
import type { GateOptions } from '../../../src/worker/gate/gate.ts';
import { connectTestRedis } from '../../setup/redis.ts';
import { gateWith, type Learned, leaseMs, ms, nowUs, windowUs } from './given-state.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

interface Given {
  readonly learned?: Learned;
  /** When the open requests were admitted, before now. */
  readonly openUs?: readonly number[];
  /** When the slots of answered requests are freed, from now. */
  readonly heldUs?: readonly number[];
  readonly options?: Partial<GateOptions>;
}

async function given({ learned = {}, openUs = [], heldUs = [], options = {} }: Given) {
  const gate = await gateWith(redis, learned, options);
  for (const [index, us] of openUs.entries())
    await redis.zadd(gate.keys.open, nowUs - us + ms(leaseMs), `link-${index}.try`);
  for (const [index, us] of heldUs.entries())
    await redis.zadd(gate.keys.held, nowUs + us, `held-${index}.try`);
  return gate;
}

const roomOf = async (state: Given) => (await given(state)).gate.free();
const times = (count: number, us: number): number[] => Array.from({ length: count }, () => us);
const down = { learn: 'down' } as const;
const isFull = { limit: 4, base: 4 };

describe('how many go at once', () => {
  test.each<readonly [string, Given, number]>([
    ['a twentieth of the limit', {}, 5],
    ['rounded up', { learned: { limit: 81 } }, 5],
    ['one at least', { learned: { limit: 3 } }, 1],
    ['twice what is under way on average', { learned: { rttMean: ms(300) } }, 6],
    ['rounded up as well', { learned: { rttMean: ms(301) } }, 7],
    ['one after a refusal', { learned: { streak: 1 } }, 1],
    ['a fifth where the limit is known', { options: down }, 20],
    ['four at least there', { learned: { limit: 10 }, options: down }, 4],
    ['and four times what is under way there', { learned: { rttMean: ms(600) }, options: down }, 24],
    ['less those that are open', { openUs: times(3, ms(10)) }, 2],
    [
      'as many as the limit has left',
      { learned: { limit: 10 }, options: down, heldUs: times(8, ms(500)) },
      2,
    ],
  ])('%s', async (_rule, state, freeSlots) => {
    expect(await roomOf(state)).toMatchObject({ freeSlots, waitMs: 0, why: null });
  });

  test('a request counts until its answer is a second late, or four times as late as usual', async () => {
    for (const [rttMean, lateUs] of [
      [ms(100), ms(1000)],
      [ms(300), ms(1200)],
    ] as const) {
      const learned = { limit: 20, rttMean };
      const least = { learned, openUs: [lateUs - 1] };
      expect((await roomOf(least)).freeSlots).toBe(rttMean === ms(100) ? 0 : 1);
      expect((await roomOf({ ...least, openUs: [lateUs] })).freeSlots).toBe(rttMean === ms(100) ? 1 : 2);
    }
  });

  test.each([
    [0, 20],
    [ms(5), 5],
    [ms(100), 50],
    [ms(499), 250],
    [ms(600), 250],
  ])('with an answer time of %s µs, %s ms is the wait where as many are open', async (rttMean, waitMs) => {
    const learned = { limit: 5, rttMean, streak: 1 };
    expect(await roomOf({ learned, openUs: [ms(1)] })).toMatchObject({ freeSlots: 0, waitMs, why: 'limit' });
  });
});

describe('a request beyond the limit', () => {
  const climbing = { ...isFull, climbing: 1 };
  const heldUs = times(4, ms(5000));
  const goes = { freeSlots: 1, waitMs: 0, why: null };

  test.each<readonly [string, Given]>([
    ['goes while the gate climbs', { learned: climbing, heldUs }],
    ['goes when the next attempt is due', { learned: { ...isFull, nextProbeAt: nowUs }, heldUs }],
    [
      'goes in a gap of more than twice the time of an answer',
      { learned: { ...climbing, rttMean: ms(100) }, heldUs: times(4, ms(200) + 1) },
    ],
    [
      'goes in any gap where slots are dense',
      { learned: { ...climbing, rttMean: ms(2000) }, heldUs: times(4, ms(100)) },
    ],
    ['goes beside another where two may', { learned: { ...climbing, step: 2 }, heldUs, openUs: [ms(10)] }],
    ['goes up to what the server said', { learned: { ...climbing, ceiling: 5 }, heldUs }],
    ['goes up to the configured limit where that is the most', { learned: climbing, heldUs, options: down }],
  ])('%s', async (_rule, state) => {
    expect(await roomOf(state)).toMatchObject(goes);
  });

  test.each<readonly [string, Given, number]>([
    [
      'waits until the next attempt is due',
      { learned: { ...isFull, nextProbeAt: nowUs + ms(70) }, heldUs },
      70,
    ],
    [
      'waits until a slot is free if that is earlier',
      { learned: { ...isFull, nextProbeAt: nowUs + ms(7000) }, heldUs },
      5000,
    ],
    ['waits for the answer to another', { learned: climbing, heldUs, openUs: [ms(10)] }, 20],
    [
      'waits for its own slot that is nearly free',
      { learned: { ...climbing, rttMean: ms(100) }, heldUs: times(4, ms(200)) },
      200,
    ],
    ['is not sent after a refusal', { learned: { ...climbing, streak: 1 }, heldUs }, 5000],
    ['is not sent above what the server said', { learned: { ...climbing, ceiling: 4 }, heldUs }, 5000],
    [
      'is not sent above the configured limit where that is the most',
      { learned: { limit: 100, climbing: 1 }, heldUs: times(100, ms(5000)), options: down },
      5000,
    ],
    [
      'is not sent where more than the limit is in use',
      { learned: climbing, heldUs: [ms(300), ...heldUs] },
      5000,
    ],
  ])('%s', async (_rule, state, waitMs) => {
    expect(await roomOf(state)).toMatchObject({ freeSlots: 0, waitMs, why: 'limit' });
  });

  test('waits for the second slot to be free where one more than the limit is in use', async () => {
    const state = { learned: climbing, heldUs: [ms(300), ms(400), ...times(3, ms(5000))] };
    expect(await roomOf(state)).toMatchObject({ freeSlots: 0, waitMs: 400, why: 'limit' });
  });

  test('is admitted as such', async () => {
    const { gate } = await given({ learned: climbing, heldUs });
    expect(await gate.admit('a.1')).toMatchObject({ go: true, slot: `${nowUs} 4 beyond a.1` });
  });

  test('is seldom where slots are dense', async () => {
    // Twice the limit's worth of answer times is just one window.
    const learned = { ...climbing, rttMean: windowUs / 8 };
    expect((await roomOf({ learned, heldUs: times(4, ms(2500)) })).freeSlots).toBe(0);
    expect(
      (await roomOf({ learned: { ...learned, rttMean: windowUs / 8 + 1 }, heldUs: times(4, ms(2500)) }))
        .freeSlots,
    ).toBe(1);
  });
});

describe('the wait for a slot', () => {
  const learned = { ...isFull };
  test.each<readonly [string, Given, number]>([
    ['is until the first one is free', { heldUs: [ms(900), ms(700), ms(800), ms(600)] }, 600],
    [
      'is until enough are, where the limit has fallen',
      { heldUs: [ms(900), ms(700), ms(800), ms(600), ms(1000), ms(1100)] },
      800,
    ],
    ['is a window where all are open, as each may be answered at once', { openUs: times(4, ms(10)) }, 10_001],
    [
      'is until the end of its lease and a window at most',
      { openUs: times(4, ms(30_000) + ms(6000)), heldUs: [] },
      4001,
    ],
    [
      'counts the answered ones first',
      { heldUs: [ms(700)], openUs: [ms(39_000), ...times(4, ms(31_000))] },
      9001,
    ],
  ])('%s', async (_rule, state, waitMs) => {
    expect(await roomOf({ learned, ...state })).toMatchObject({ freeSlots: 0, waitMs, why: 'limit' });
  });
});

describe('the next slots', () => {
  test('are told after those of requests beyond the limit, open ones too', async () => {
    const heldUs = [ms(100), ms(200), ms(300), ms(400)];
    const { gate } = await given({ learned: isFull, heldUs, openUs: [ms(10)] });
    expect((await gate.free(5000)).soonMs).toEqual([200, 300, 400]);
  });

  test('are told up to a hundred', async () => {
    const heldUs = Array.from({ length: 150 }, (_, n) => ms(n + 1));
    const { gate } = await given({ learned: { limit: 150, base: 150 }, heldUs });
    expect((await gate.free(5000)).soonMs).toEqual(heldUs.slice(0, 100).map((us) => us / 1000));
  });
});

describe('a vendor in trouble', () => {
  test('gets one request at a time', async () => {
    const learned = { trouble: 5 };
    expect(await roomOf({ learned })).toMatchObject({ freeSlots: 1, waitMs: 0, why: null });
    expect(await roomOf({ learned, openUs: [ms(10)] })).toMatchObject({
      freeSlots: 0,
      waitMs: 250,
      why: 'paused',
    });
    expect((await roomOf({ learned: { trouble: 4 } })).freeSlots).toBe(5);
  });

  test('gets none during a pause as slots become free', async () => {
    const learned = { ...isFull, pausedUntil: nowUs + ms(900) };
    const { gate } = await given({ learned, heldUs: times(4, ms(100)) });
    expect(await gate.free(5000)).toEqual({ freeSlots: 0, waitMs: 900, why: 'paused', soonMs: [] });
  });

  test('gets none during a pause', async () => {
    const paused = (us: number) => roomOf({ learned: { pausedUntil: nowUs + us } });
    expect(await paused(1)).toMatchObject({ freeSlots: 0, waitMs: 1, why: 'paused' });
    expect(await paused(ms(900))).toMatchObject({ freeSlots: 0, waitMs: 900, why: 'paused' });
    expect((await paused(0)).freeSlots).toBe(5);
  });
});

describe('a clock that was set back', () => {
  const dayUs = ms(24 * 3_600_000);
  test('ends a pause of more than 25 hours, and no other', async () => {
    const paused = (us: number) => roomOf({ learned: { pausedUntil: nowUs + us } });
    expect((await paused((dayUs / 24) * 25)).why).toBe('paused');
    expect((await paused((dayUs / 24) * 25 + 1)).why).toBeNull();
  });

  test('makes an attempt due that was planned later than that', async () => {
    const planned = (us: number) =>
      roomOf({ learned: { ...isFull, nextProbeAt: nowUs + us }, heldUs: times(4, ms(5000)) });
    expect((await planned((dayUs / 24) * 25)).freeSlots).toBe(0);
    expect((await planned((dayUs / 24) * 25 + 1)).freeSlots).toBe(1);
  });

  test('holds no slot for longer than a window, and no open one for longer than a lease', async () => {
    const { gate, keys } = await given({
      heldUs: [ms(500), ms(20_000), ms(30_000)],
      openUs: [ms(10), -ms(5000), -ms(6000)],
    });
    await gate.free();
    const ends = async (key: string) =>
      (await redis.zrange(key, '0', '-1', 'WITHSCORES'))
        .filter((_, index) => index % 2 === 1)
        .map((us) => Number(us) - nowUs);
    expect(await ends(keys.held)).toEqual([ms(500), windowUs + 1000, windowUs + 1000]);
    expect(await ends(keys.open)).toEqual([ms(leaseMs - 10), ms(leaseMs), ms(leaseMs)]);
  });

  test('frees the last slot in time too, where the others are', async () => {
    const { gate, keys } = await given({
      heldUs: [ms(500), ms(600), ms(20_000)],
      openUs: [ms(20), ms(10), -ms(1)],
    });
    await gate.free();
    expect(await redis.zscore(keys.held, 'held-2.try')).toBe(String(nowUs + windowUs + 1000));
    expect(await redis.zscore(keys.open, 'link-2.try')).toBe(String(nowUs + ms(leaseMs)));
  });

  test('makes what happened happen now', async () => {
    const { gate, learned } = await given({
      learned: { raisedAt: nowUs + 5, refusedAt: nowUs + 5, fellAt: nowUs + 5 },
    });
    const admission = await gate.admit('a.1');
    await gate.settle(admission.go ? admission.slot : '', { kind: 'unused' });
    expect(await learned()).toMatchObject({ raisedAt: nowUs, refusedAt: nowUs, fellAt: nowUs });
  });
});

describe('what was learned', () => {
  test('is forgotten with another configured limit, except for the pause', async () => {
    const { gate, learned } = await given({
      learned: { limit: 7, pausedUntil: nowUs - 1, pausedSince: 3, pauseProbeAt: 2 },
      options: { limit: { max: 30, windowMs: 2000 } },
    });
    expect((await gate.admit('a.1')).go).toBe(true);
    expect(await learned()).toMatchObject({
      limit: 30,
      base: 30,
      window: ms(2000),
      ceiling: 0,
      climbing: 1,
      step: 1,
      raisedAt: 0,
      top: 0,
      streak: 0,
      refusedAt: 0,
      fellAt: 0,
      fellFrom: 0,
      sharedAccount: 0,
      interval: ms(24_000),
      nextProbeAt: nowUs + ms(24_000),
      pausedUntil: nowUs - 1,
      pausedSince: 3,
      pauseProbeAt: 2,
      trouble: 0,
      rttMin: 0,
      rttMinBefore: 0,
      rttMean: 0,
      rttCount: 0,
    });
  });

  test('is not used above the configured limit where that is the most', async () => {
    const state = { learned: { limit: 500 }, heldUs: times(100, ms(5000)) };
    expect((await roomOf({ ...state, options: down })).freeSlots).toBe(0);
    expect((await roomOf(state)).freeSlots).toBe(25);
  });
});

describe('tasks at the vendor', () => {
  const options = { maxInFlight: 3 };
  async function inFlight(
    counts: Record<string, number>,
    openUs: readonly number[] = [],
    states: readonly string[] = [],
  ) {
    const { gate, prefix } = await given({ openUs, options });
    if (Object.keys(counts).length > 0) await redis.hset(countsKey(prefix), counts);
    for (const [index, state] of states.entries())
      await redis.hset(`${prefix}:item:link-${index}`, { s: state });
    return gate.free();
  }
  const none = { freeSlots: 0, waitMs: 250, why: 'in-flight' };

  test.each<readonly [string, Parameters<typeof inFlight>, number]>([
    ['there are none', [{}], 3],
    ['links with a task are counted', [{ processing: 2 }], 1],
    ['links with a create call are counted', [{ submitting: 1, processing: 1 }], 1],
    ['open requests of links that wait are counted', [{ submitting: 1 }, [ms(1)], ['queued']], 1],
    ['open requests of links that are gone are counted', [{ submitting: 1 }, [ms(1)]], 1],
    [
      'a link with a create call and its request is counted once',
      [{ submitting: 1 }, [ms(1)], ['submitting']],
      2,
    ],
    ['a link with a task and its request is counted once', [{ processing: 1 }, [ms(1)], ['processing']], 2],
  ])('leave room: %s', async (_what, state, freeSlots) => {
    expect(await inFlight(...state)).toMatchObject({ freeSlots, waitMs: 0, why: null });
  });

  test.each<readonly [string, Parameters<typeof inFlight>]>([
    ['at the cap', [{ processing: 3 }]],
    ['above a cap that was lowered', [{ processing: 9 }]],
    ['at the cap, with a request that is open', [{ processing: 3 }, [ms(1)], ['processing']]],
    ['with a request that is open', [{ processing: 2 }, [ms(1)], ['queued']]],
  ])('leave none %s', async (_what, state) => {
    expect(await inFlight(...state)).toMatchObject(none);
  });
});

test('open requests that have their tasks take no room twice where many are wanted', async () => {
  const { gate, prefix } = await given({ openUs: [ms(1), ms(1)], options: { maxInFlight: 6 } });
  await redis.hset(countsKey(prefix), { submitting: 2 });
  for (const index of [0, 1]) await redis.hset(`${prefix}:item:link-${index}`, { s: 'submitting' });
  expect((await gate.free()).freeSlots).toBe(3);
});

describe('a halt', () => {
  test('is waited for until its next probe, a second at least', async () => {
    for (const [inMs, waitMs] of [
      [5000, 5000],
      [300, 1000],
      [-9000, 1000],
    ] as const) {
      const { gate, prefix } = await given({});
      const halt = { reason: 'no-credits', nextProbeAt: nowUs / 1000 + inMs };
      await redis.hset(haltsKey(prefix), 'no-credits', JSON.stringify(halt));
      expect(await gate.free()).toMatchObject({ freeSlots: 0, waitMs, why: 'halted' });
    }
  });
});

describe('room for calls that are not needed', () => {
  test.each<readonly [string, Given, boolean, boolean]>([
    ['is there while few slots are used', {}, true, true],
    [
      'is there while a request waits only because many are under way',
      { openUs: times(5, ms(10)) },
      false,
      true,
    ],
    ['is not there with four fifths in use', { heldUs: times(80, ms(500)) }, true, false],
    ['is not there where the limit is used up', { learned: isFull, heldUs: times(4, ms(500)) }, false, false],
    ['is not there in a pause', { learned: { pausedUntil: nowUs + ms(5000) } }, false, false],
  ])('%s', async (_when, state, isAdmitted, hasRoom) => {
    const gate = (await given(state)).gate;
    expect((await gate.admit('link.try')).go).toBe(isAdmitted);
    expect(gate.hasRoom()).toBe(hasRoom);
  });
});
