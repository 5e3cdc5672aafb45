/** How long answers take, as the gate measures it, and when a slot is free again. */
import { afterAll, describe, expect, test } from 'vitest';
import { connectTestRedis } from '../../setup/redis.ts';
import {
  answerTo,
  counted,
  gateWith,
  type Learned,
  ms,
  nowUs,
  openSlot,
  type Row,
  windowUs,
} from './given-state.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

describe('the time that an answer takes', () => {
  test.each<Row>([
    [
      'with the first answer',
      {},
      { used: 5, ageUs: ms(80) },
      { rttMin: ms(80), rttMean: ms(80), rttCount: 1, rttMinBefore: 0 },
    ],
    [
      'as the shortest and the mean',
      { rttMin: ms(50), rttMean: ms(60), rttCount: 3 },
      { used: 5, ageUs: ms(80) },
      { rttMin: ms(50), rttMean: ms(65), rttCount: 4 },
    ],
    [
      'with a shorter one',
      { rttMin: ms(50), rttMean: ms(60), rttCount: 3 },
      { used: 5, ageUs: ms(40) },
      { rttMin: ms(40), rttMean: ms(55) },
    ],
    [
      'as the mean of about the last fifty',
      { rttMin: ms(50), rttMean: ms(60), rttCount: 90 },
      { used: 5, ageUs: ms(110) },
      { rttMean: ms(61), rttCount: 91 },
    ],
    [
      'over up to 500 answers',
      { rttMin: ms(50), rttMean: ms(60), rttCount: 499 },
      { used: 5, ageUs: ms(60) },
      { rttMin: ms(50), rttMinBefore: 0, rttCount: 500 },
    ],
    [
      'anew after that, and the shortest before is kept',
      { rttMin: ms(50), rttMean: ms(60), rttCount: 500, rttMinBefore: ms(10) },
      { used: 5, ageUs: ms(60) },
      { rttMin: ms(60), rttMinBefore: ms(50), rttCount: 1, rttMean: ms(60) },
    ],
    [
      'not at all where the clock was set back',
      { rttMin: ms(50), rttMean: ms(60), rttCount: 3 },
      { used: 5, ageUs: 0 },
      { rttMin: ms(50), rttMean: ms(60), rttCount: 3 },
    ],
  ])('is measured %s', async (_rule, given, slot, then) => {
    expect(await answerTo(redis, given, slot, counted)).toMatchObject(then);
  });

  const way = (rttMin: number, rttMean: number, rest: Learned = {}) => ({
    rttMin: ms(rttMin),
    rttMean: ms(rttMean),
    rttCount: 40,
    ...rest,
  });
  test.each([
    ['by the shortest, less the excess of the mean', way(100, 150), 150, 50],
    ['by 80 % of the shortest at most', way(100, 105), 105, 80],
    ['by nothing where times vary by more', way(50, 150), 150, 0],
    ['by the shortest of before, if that is shorter', way(100, 110, { rttMinBefore: ms(90) }), 110, 70],
    ['by nothing before thirty answers', way(100, 150, { rttCount: 28 }), 150, 0],
    ['from the thirtieth answer on', way(100, 150, { rttCount: 29 }), 150, 50],
    ['at once where there were some before', way(100, 150, { rttCount: 2, rttMinBefore: ms(100) }), 150, 50],
  ])('frees a slot earlier: %s', async (_rule, given, ageMs, earlierMs) => {
    const givenGate = await gateWith(redis, given);
    const slot = await openSlot(redis, givenGate, { used: 5, ageUs: ms(ageMs) });
    await givenGate.gate.settle(slot, counted);
    const [, freeAt] = await redis.zrange(givenGate.keys.held, '0', '-1', 'WITHSCORES');
    expect(Number(freeAt) - nowUs).toBe(windowUs + 1000 - ms(earlierMs));
  });
});
describe('the slot of a request', () => {
  test.each(['ambiguous', 'unusable'] as const)('that is %s is free a window after now', async (kind) => {
    const givenGate = await gateWith(redis, { rttMin: ms(80), rttMean: ms(80), rttCount: 40 });
    await givenGate.gate.settle(await openSlot(redis, givenGate, { used: 5, ageUs: ms(80) }), { kind });
    const [, freeAt] = await redis.zrange(givenGate.keys.held, '0', '-1', 'WITHSCORES');
    expect(Number(freeAt) - nowUs).toBe(windowUs + 1000);
    expect(await redis.zcard(givenGate.keys.open)).toBe(0);
  });

  test.each(['refused', 'unused', 'unsent'] as const)('that is %s is free at once', async (kind) => {
    const givenGate = await gateWith(redis);
    await givenGate.gate.settle(await openSlot(redis, givenGate, { used: 5 }), { kind });
    expect(await redis.exists(givenGate.keys.open, givenGate.keys.held)).toBe(0);
  });
});
