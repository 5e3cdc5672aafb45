/** The gate's rules one by one, in the real Redis with the time passed in. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { countsKey } from '../../../src/shared/gate-state/gate-keys.ts';
import { readGate, resetGate } from '../../../src/shared/gate-state/gate-state.ts';
import { endHalt } from '../../../src/shared/gate-state/halts.ts';
import { claimPauseProbe, endPause, vendorPauseOf } from '../../../src/shared/gate-state/vendor-pause.ts';
import { createGate, type Gate, type GateOptions } from '../../../src/worker/gate/gate.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

let prefix: string;
let nowMs: number;
beforeEach(() => {
  prefix = redisPrefix();
  nowMs = Date.now();
});

function gateOf(options: Partial<GateOptions> = {}): Gate {
  return createGate({
    redis,
    prefix,
    operation: 'submit',
    limit: { max: 2, windowMs: 1000 },
    leaseMs: 5000,
    learn: 'down',
    nowUs: () => nowMs * 1000,
    ...options,
  });
}

async function admitted(gate: Gate, model?: string): Promise<string> {
  const admission = await gate.admit(randomUUID(), model);
  if (!admission.go) throw new Error(`not admitted: ${admission.why}`);
  return admission.slot;
}

describe('slots', () => {
  test('a slot is used until its answer plus the window', async () => {
    const gate = gateOf();
    const slots = [await admitted(gate), await admitted(gate)];
    nowMs += 300;
    for (const slot of slots) await gate.settle(slot, { kind: 'counted' });
    expect(await gate.admit('later')).toEqual({ go: false, why: 'limit', waitMs: 1001 });
    nowMs += 1001;
    expect(await gate.free()).toMatchObject({ freeSlots: 2, waitMs: 0, why: null });
  });

  test('when the next slots become free is told as far as one looks ahead, for each of them', async () => {
    const gate = gateOf({ limit: { max: 3, windowMs: 1000 } });
    const slots = [await admitted(gate), await admitted(gate), await admitted(gate)];
    // Nothing is known of slots without an answer.
    expect((await gate.free(5000)).soonMs).toEqual([]);
    for (const slot of slots) {
      await gate.settle(slot, { kind: 'counted' });
      nowMs += 200;
    }
    expect(await gate.free(700)).toEqual({ freeSlots: 0, waitMs: 401, why: 'limit', soonMs: [401, 601] });
    expect((await gate.free()).soonMs).toEqual([]);
    nowMs += 401;
    expect(await gate.free(700)).toEqual({ freeSlots: 1, waitMs: 0, why: null, soonMs: [] });
    // Of a limit that has become smaller, a slot that becomes free is none to be used.
    const smaller = gateOf({ limit: { max: 1, windowMs: 1000 } });
    expect((await smaller.free(700)).soonMs).toEqual([400]);
  });

  test('while the limit rises again, the next slots are no matter of time alone', async () => {
    const gate = gateOf({ limit: { max: 4, windowMs: 1000 } });
    const slots = [await admitted(gate), await admitted(gate), await admitted(gate), await admitted(gate)];
    for (const [index, slot] of slots.entries())
      await gate.settle(slot, { kind: index === 3 ? 'refused' : 'counted' });
    nowMs += 900;
    expect(await gate.free(1000)).toMatchObject({ freeSlots: 0, why: 'limit', soonMs: [] });
    // Accepted again, one by one, below the limit that it had.
    nowMs += 200;
    await gate.settle(await admitted(gate), { kind: 'counted' });
    nowMs += 50;
    await gate.settle(await admitted(gate), { kind: 'counted' });
    nowMs += 900;
    for (let admission = await gate.admit('a'); admission.go; admission = await gate.admit(`${nowMs}`))
      nowMs += 1;
    const { freeSlots, why, soonMs } = await gate.free(1000);
    expect({ freeSlots, why, soonMs }).toEqual({ freeSlots: 0, why: 'limit', soonMs: [] });
  });

  test('asking again with the same holder gets the slot that it has, whatever has happened meanwhile', async () => {
    const gate = gateOf({ learn: 'both', limit: { max: 1, windowMs: 1000 } });
    const first = await gate.admit('first');
    expect(first).toEqual({ go: true, slot: expect.stringMatching(/^\d+ 0 within first$/) });
    nowMs += 50;
    expect(await gate.admit('first')).toEqual(first);
    await gate.settle(first.go ? first.slot : '', { kind: 'counted' });
    // Alone beyond the limit, to find out whether there is room.
    const beyond = await gate.admit('beyond');
    expect(beyond).toEqual({ go: true, slot: expect.stringMatching(/^\d+ 1 beyond beyond$/) });
    nowMs += 50;
    expect(await gate.admit('beyond')).toEqual(beyond);
  });

  test('asking again with the same holder takes no second slot', async () => {
    const gate = gateOf();
    const [first, second] = [await gate.admit('a'), await gate.admit('a')];
    expect([first.go, second.go]).toEqual([true, true]);
    expect((await gate.free()).freeSlots).toBe(1);
  });

  test.each([
    { kind: 'counted' as const, freeSlots: 1 },
    { kind: 'ambiguous' as const, freeSlots: 1 },
    { kind: 'unsent' as const, freeSlots: 2 },
  ])('$kind leaves $freeSlots of 2 slots', async ({ kind, freeSlots }) => {
    const gate = gateOf();
    await gate.settle(await admitted(gate), { kind });
    expect((await gate.free()).freeSlots).toBe(freeSlots);
  });

  test('a slot that is not settled counts as answered when its lease ends', async () => {
    const gate = gateOf({ limit: { max: 1, windowMs: 1000 } });
    await admitted(gate);
    nowMs += 6000;
    expect((await gate.free()).freeSlots).toBe(0);
    nowMs += 2;
    expect((await gate.free()).freeSlots).toBe(1);
  });

  test('a slot is settled once', async () => {
    const gate = gateOf();
    const slot = await admitted(gate);
    await gate.settle(slot, { kind: 'counted' });
    await gate.settle(slot, { kind: 'unsent' });
    await gate.settle(slot, { kind: 'refused', retryAfterMs: 60_000 });
    expect(await gate.free()).toMatchObject({ freeSlots: 1, waitMs: 0, why: null });
  });

  test('a clock that is set back by an hour holds nothing for longer than a lease and a window', async () => {
    const gate = gateOf();
    await gate.settle(await admitted(gate), { kind: 'counted' });
    await admitted(gate);
    nowMs -= 3_600_000;
    await gate.free();
    nowMs += 6003;
    expect((await gate.free()).freeSlots).toBe(2);
  });

  test('two prefixes and two operations share nothing', async () => {
    const gate = gateOf({ limit: { max: 1, windowMs: 1000 } });
    await admitted(gate);
    expect((await gateOf({ operation: 'query' }).free()).freeSlots).toBeGreaterThan(0);
    expect((await gateOf({ prefix: redisPrefix() }).free()).freeSlots).toBeGreaterThan(0);
    expect((await gate.free()).freeSlots).toBe(0);
  });
});

describe('the cap on tasks at the vendor', () => {
  test('counts what the ledger counts and the slots that are open', async () => {
    const gate = gateOf({ limit: { max: 50, windowMs: 1000 }, maxInFlight: 6 });
    await redis.hset(countsKey(prefix), { submitting: 1, processing: 3 });
    await admitted(gate);
    await admitted(gate);
    expect(await gate.admit('more')).toMatchObject({ go: false, why: 'in-flight' });
    await redis.hset(countsKey(prefix), { processing: 2 });
    expect((await gate.free()).freeSlots).toBe(1);
  });

  test('counts every link once, however its slot and the ledger overlap', async () => {
    const cap = 4;
    /** The way of a link: admitted, begun in the ledger, task recorded, slot settled, task ended. */
    const stations = ['admitted', 'submitting', 'processing', 'settled', 'ended'] as const;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(7), { maxLength: 40 }), async (moves) => {
        prefix = redisPrefix();
        const gate = gateOf({ limit: { max: 50, windowMs: 1000 }, maxInFlight: cap });
        const links: { id: string; slot: string; station: number }[] = [];
        const atVendor = () => links.filter(({ station }) => station < stations.indexOf('ended')).length;
        for (const [index, move] of moves.entries()) {
          const link = links.filter(({ station }) => station < stations.indexOf('ended'))[move];
          if (link) {
            link.station += 1;
            await moveLink(gate, link, stations[link.station]);
            continue;
          }
          const admission = await gate.admit(`link-${index}.try`);
          expect(admission.go).toBe(atVendor() < cap);
          if (admission.go) links.push({ id: `link-${index}`, slot: admission.slot, station: 0 });
        }
        expect((await gate.free()).freeSlots).toBe(cap - atVendor());
      }),
      { numRuns: 40 },
    );
  });

  async function moveLink(gate: Gate, link: { id: string; slot: string }, to: string | undefined) {
    if (to === 'settled') return gate.settle(link.slot, { kind: 'unsent' });
    if (to !== 'ended') await redis.hset(`${prefix}:item:${link.id}`, { s: to });
    if (to !== 'submitting')
      await redis.hincrby(countsKey(prefix), to === 'ended' ? 'processing' : 'submitting', -1);
    if (to !== 'ended') await redis.hincrby(countsKey(prefix), to ?? '', 1);
    return undefined;
  }

  test('does not bind status checks without one', async () => {
    await redis.hset(countsKey(prefix), { processing: 1000 });
    expect((await gateOf({ operation: 'query' }).free()).freeSlots).toBeGreaterThan(0);
  });
});

describe('pauses', () => {
  test('a pause is never shortened, whatever comes in whichever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 6 }),
        async (spans) => {
          prefix = redisPrefix();
          const gate = gateOf({ limit: { max: 50, windowMs: 1000 } });
          const slots: string[] = [];
          for (const _ of spans) slots.push(await admitted(gate));
          let pausedUntil = 0;
          for (const [index, retryAfterMs] of spans.entries()) {
            await gate.settle(slots[index] ?? '', { kind: 'refused', retryAfterMs });
            const { waitMs, why } = await gate.free();
            expect(why).toBe('paused');
            expect(nowMs + waitMs).toBeGreaterThanOrEqual(Math.max(pausedUntil, nowMs + retryAfterMs));
            pausedUntil = nowMs + waitMs;
            nowMs += Math.min(10, waitMs - 1);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('the server’s word that nothing is left pauses until its window is renewed', async () => {
    const gate = gateOf();
    await gate.settle(await admitted(gate), { kind: 'counted', remaining: 0, resetAfterMs: 4000 });
    expect(await gate.admit('a')).toEqual({ go: false, why: 'paused', waitMs: 4000 });
  });

  test('the server’s word for its limit and window is taken', async () => {
    const gate = gateOf({ learn: 'both' });
    await gate.settle(await admitted(gate), { kind: 'counted', limit: 30, windowMs: 60_000 });
    expect(await readGate({ redis, prefix }, 'submit')).toMatchObject({
      limit: { max: 30, windowMs: 60_000 },
      configured: { max: 2, windowMs: 1000 },
      saidByServer: 30,
    });
    await gate.settle(await admitted(gate), { kind: 'counted', limit: 30, windowMs: 10_000 });
    await gate.settle(await admitted(gate), { kind: 'counted', limit: 25, windowMs: 10_000 });
    expect(await readGate({ redis, prefix }, 'submit')).toMatchObject({
      limit: { max: 25, windowMs: 10_000 },
      saidByServer: 25,
    });
  });

  test('half of its word says nothing', async () => {
    const gate = gateOf({ learn: 'both' });
    await gate.settle(await admitted(gate), { kind: 'counted', limit: 30 });
    await gate.settle(await admitted(gate), { kind: 'counted', windowMs: 60_000 });
    expect(await readGate({ redis, prefix }, 'submit')).toMatchObject({
      limit: { max: 2, windowMs: 1000 },
      saidByServer: null,
    });
  });

  test('its word does not raise a limit that is the most there is', async () => {
    const gate = gateOf({ learn: 'down' });
    await gate.settle(await admitted(gate), { kind: 'counted', limit: 30, windowMs: 2000 });
    expect((await readGate({ redis, prefix }, 'submit'))?.limit).toEqual({ max: 2, windowMs: 2000 });
  });
});

describe('a pause of a day', () => {
  const dayMs = 24 * 3_600_000;
  const limit = { max: 20, windowMs: 1000 };

  async function pausedForADay(): Promise<Gate> {
    const gate = gateOf({ limit });
    await gate.settle(await admitted(gate), { kind: 'counted' });
    nowMs += 3000;
    await gate.settle(await admitted(gate), { kind: 'refused', retryAfterMs: dayMs, message: 'Too fast' });
    return gate;
  }

  test('is reported with its end, the vendor’s message, and the rate that will follow', async () => {
    await pausedForADay();
    const state = await readGate({ redis, prefix }, 'submit');
    expect(state).toMatchObject({ limit: { max: 1 }, rate: { max: 20 }, refused: 1 });
    expect(vendorPauseOf([null, state], nowMs + 1000)).toEqual({
      operation: 'submit',
      since: nowMs,
      until: nowMs + dayMs,
      message: 'Too fast',
    });
    expect(vendorPauseOf([null, state], nowMs + dayMs)).toBeNull();
  });

  test('is probed by one worker at a time, further and further apart, and a short one never', async () => {
    await pausedForADay();
    const claim = () => claimPauseProbe({ redis, prefix }, 'submit', nowMs * 1000);
    const gaps: number[] = [];
    let last = nowMs;
    for (const endMs = nowMs + 4 * 3_600_000; nowMs < endMs; nowMs += 10_000) {
      const claims = await Promise.all([claim(), claim(), claim()]);
      const granted = claims.filter((each) => each !== null).length;
      expect(granted).toBeLessThanOrEqual(1);
      if (granted === 0) continue;
      gaps.push(nowMs - last);
      last = nowMs;
    }
    expect(gaps[0]).toBe(120_000);
    expect(Math.max(...gaps)).toBe(900_000);
    expect(gaps.length).toBeLessThan(25);
  });

  test('ends early when a probe says so, one call alone first, then up to the rate of before', async () => {
    const gate = await pausedForADay();
    nowMs += 150_000;
    const claimed = (await claimPauseProbe({ redis, prefix }, 'submit', nowMs * 1000)) ?? '';
    expect((await gate.free()).why).toBe('paused');
    expect(await endPause({ redis, prefix }, 'submit', claimed)).toBe(true);
    const slot = await admitted(gate);
    expect((await gate.free()).freeSlots).toBe(0);
    nowMs += 50;
    await gate.settle(slot, { kind: 'counted' });
    for (let calls = 0; calls < 200; calls += 1) {
      const admission = await gate.admit(randomUUID());
      nowMs += 50;
      if (admission.go) await gate.settle(admission.slot, { kind: 'counted' });
    }
    expect((await readGate({ redis, prefix }, 'submit'))?.limit.max).toBeGreaterThan(15);
  });

  test('is not ended by a probe that was sent before the vendor asked for more', async () => {
    const gate = gateOf({ limit });
    const slots = [await admitted(gate), await admitted(gate)];
    await gate.settle(slots[0] ?? '', { kind: 'refused', retryAfterMs: dayMs / 2 });
    nowMs += 150_000;
    const claimed = (await claimPauseProbe({ redis, prefix }, 'submit', nowMs * 1000)) ?? '';
    await gate.settle(slots[1] ?? '', { kind: 'refused', retryAfterMs: dayMs });
    expect(await endPause({ redis, prefix }, 'submit', claimed)).toBe(false);
    expect((await gate.free()).why).toBe('paused');
  });

  test('is ended at once by a reset', async () => {
    const gate = await pausedForADay();
    await resetGate({ redis, prefix }, 'submit');
    expect((await gate.free()).why).not.toBe('paused');
    await admitted(gate);
    expect(vendorPauseOf([await readGate({ redis, prefix }, 'submit')], nowMs)).toBeNull();
  });
});

test('an attempt beyond the limit that is answered with Retry-After is not soon repeated', async () => {
  const gate = gateOf({ learn: 'both', limit: { max: 1, windowMs: 1000 } });
  await gate.settle(await admitted(gate), { kind: 'counted' });
  await gate.settle(await admitted(gate), { kind: 'refused', retryAfterMs: 2000 });
  const state = await readGate({ redis, prefix }, 'submit');
  expect(state).toMatchObject({ limit: { max: 1 }, refused: 1, pausedUntil: nowMs + 2000 });
  expect(state?.nextProbeAt).toBeGreaterThanOrEqual(nowMs + 100_000);
});

describe('halts', () => {
  const noCredits = { reason: 'no-credits', message: 'Credits insufficient' } as const;

  test('an account’s halt stops submits of every model, and no status checks', async () => {
    const gate = gateOf();
    expect(await gate.halt({ ...noCredits, nextProbeAt: nowMs + 30_000 })).toBe(true);
    expect(await gate.admit('a', 'm')).toEqual({ go: false, why: 'halted', waitMs: 30_000 });
    expect(await gate.free()).toMatchObject({ freeSlots: 0, why: 'halted' });
    expect((await gateOf({ operation: 'query' }).admit('a', 'm')).go).toBe(true);
    await endHalt({ redis, prefix }, noCredits);
    expect((await gate.admit('a', 'm')).go).toBe(true);
  });

  test('a model’s halt stops that model alone', async () => {
    const gate = gateOf();
    await gate.halt({ reason: 'model-paused', model: 'm', message: 'paused', nextProbeAt: nowMs });
    expect(await gate.admit('a', 'm')).toMatchObject({ go: false, why: 'halted' });
    expect((await gate.admit('a', 'n')).go).toBe(true);
    expect((await gate.free()).why).toBeNull();
  });

  test('a refused key stops status checks too', async () => {
    const gate = gateOf({ operation: 'query' });
    await gate.halt({ reason: 'unauthorized', message: 'no', nextProbeAt: nowMs + 5000 });
    expect(await gate.admit('a')).toMatchObject({ go: false, why: 'halted' });
  });
});

describe('the gate as people see it', () => {
  test('is null before the first request, then says what is used', async () => {
    const gate = gateOf({ nowUs: () => Date.now() * 1000 });
    expect(await readGate({ redis, prefix }, 'submit')).toBeNull();
    await gate.settle(await admitted(gate), { kind: 'counted' });
    await admitted(gate);
    expect(await readGate({ redis, prefix }, 'submit')).toMatchObject({
      limit: { max: 2, windowMs: 1000 },
      usedSlots: 2,
      openSlots: 1,
      admitted: 2,
      refused: 0,
      pausedUntil: null,
      isTroubled: false,
      seemsShared: false,
    });
  });
});
