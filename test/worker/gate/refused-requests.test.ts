/** What a refused request changes in what was learned, rule by rule. docs/gate.md has the reasons. */
import { afterAll, describe, expect, test } from 'vitest';
import { connectTestRedis } from '../../setup/redis.ts';
import { ago, answerTo, ms, nowUs, type Row, refused, windows, windowUs } from './given-state.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

describe('a refused attempt beyond the limit', () => {
  const beyond = (used: number) => ({ used, beyond: true });
  test.each<Row>([
    [
      'ends the climb, and counts as a refusal',
      { climbing: 1, step: 3, top: 130 },
      beyond(100),
      { climbing: 0, step: 1, top: 0, limit: 100, refusedAt: nowUs, refused: 1, streak: 0 },
    ],
    ['lowers the limit to what was in use', {}, beyond(90), { limit: 90 }],
    ['leaves a limit of one', { limit: 1 }, { used: 0, beyond: true }, { limit: 1 }],
    [
      'puts the next one off by 105 admissions',
      { limit: 21, nextProbeAt: ago(windows(1)) },
      beyond(21),
      { nextProbeAt: nowUs + windows(5) },
    ],
    [
      'puts it off by two windows at least',
      { nextProbeAt: ago(1) },
      beyond(100),
      { nextProbeAt: nowUs + windows(2) },
    ],
    [
      'puts it off by twelve at most',
      { limit: 5, nextProbeAt: ago(1) },
      beyond(5),
      { nextProbeAt: nowUs + windows(12) },
    ],
    [
      'adds that to what is left of an earlier delay',
      { nextProbeAt: nowUs + windows(1) },
      beyond(100),
      { nextProbeAt: nowUs + windows(3) },
    ],
    [
      'does not add more than the delay itself',
      { nextProbeAt: nowUs + windows(9) },
      beyond(100),
      { nextProbeAt: nowUs + windows(4) },
    ],
    [
      'puts it off by the interval that was learned on a shared account',
      { sharedAccount: 1, fellAt: ago(1), interval: windows(0.5), nextProbeAt: nowUs + windows(9) },
      beyond(100),
      { interval: windows(0.75), nextProbeAt: nowUs + windows(0.75) },
    ],
    [
      'halves the interval after an attempt that succeeded',
      { interval: windows(1), raisedAt: ago(ms(100)), refusedAt: ago(ms(200)) },
      beyond(100),
      { interval: windows(0.5) },
    ],
    [
      'makes the interval half as long again after none',
      { interval: windows(1), raisedAt: ago(ms(200)), refusedAt: ago(ms(200)) },
      beyond(100),
      { interval: windows(1.5) },
    ],
    [
      'leaves an interval of an eighth of a window at least',
      { interval: windows(0.2), raisedAt: ago(ms(100)), refusedAt: ago(ms(200)) },
      beyond(100),
      { interval: windows(0.125) },
    ],
    [
      'leaves an interval of the longest delay at most',
      { interval: windows(1.9) },
      beyond(100),
      { interval: windows(2) },
    ],
  ])('%s', async (_rule, given, slot, then) => {
    expect(await answerTo(redis, given, slot, refused)).toMatchObject(then);
  });

  test.each([
    [399, windows(2)],
    [401, ms(50 * 401)],
  ])(
    'with a pause of %s ms is repeated after 50 times as long, or two windows',
    async (retryAfterMs, wait) => {
      const then = await answerTo(redis, { nextProbeAt: ago(1) }, beyond(100), {
        kind: 'refused',
        retryAfterMs,
      });
      expect(then['nextProbeAt']).toBe(nowUs + wait);
    },
  );
});

describe('a request refused within the limit', () => {
  const within = { used: 61 };
  test.each<Row>([
    [
      'halves the limit, and climbs to the count that was refused',
      { climbing: 1, step: 3 },
      within,
      { limit: 31, top: 61, streak: 1, climbing: 0, step: 1, base: 100, refusedAt: nowUs, fellAt: nowUs },
    ],
    ['is remembered with its count', {}, within, { fellFrom: 61 }],
    ['does not let the limit climb above the one that stood', { base: 50 }, within, { limit: 31, top: 50 }],
    ['leaves a limit of one', {}, { used: 0 }, { limit: 1 }],
    [
      'makes the gate forget how long answers take',
      { rttMin: 9, rttMinBefore: 8, rttMean: 9, rttCount: 40 },
      within,
      { rttMin: 0, rttMinBefore: 0, rttCount: 0 },
    ],
    [
      'puts the next attempt off',
      { nextProbeAt: ago(1) },
      { used: 60 },
      { nextProbeAt: nowUs + windows(105 / 30) },
    ],
    [
      'halves the limit again after another one',
      { streak: 1, fellAt: ago(ms(10)), fellFrom: 90 },
      within,
      { limit: 31, streak: 2, fellFrom: 90, fellAt: ago(ms(10)), top: 61 },
    ],
    [
      'makes the gate forget what it knew after two others',
      { streak: 2 },
      within,
      { limit: 31, streak: 3, base: 61, top: 0 },
    ],
    ['leaves one as the basis then', { streak: 2 }, { used: 0 }, { base: 1, top: 0 }],
    ['keeps a lower basis then', { streak: 2, base: 40 }, within, { base: 40, top: 0 }],
  ])('%s', async (_rule, given, slot, then) => {
    expect(await answerTo(redis, given, slot, refused)).toMatchObject(then);
  });

  const dense = { rttMean: ms(60) };
  test.each<Row>([
    [
      'undoes a raise of a window and a half ago at most',
      { limit: 110, base: 80, raisedAt: ago(windows(1.5) - 1) },
      { used: 110 },
      { limit: 80, base: 80, raisedAt: 0, top: 110, fellAt: 0 },
    ],
    [
      'does not undo an older one',
      { limit: 110, base: 80, raisedAt: ago(windows(1.5)) },
      { used: 110 },
      { limit: 55, base: 80, top: 80, fellAt: nowUs },
    ],
    [
      'undoes it to half of the refused count if that is more than the limit before',
      { limit: 110, base: 40, raisedAt: ago(windows(1)) },
      { used: 109 },
      { limit: 55, base: 55, top: 109 },
    ],
    [
      'halves a limit that is the one that stood',
      { limit: 80, base: 80, raisedAt: ago(windows(1)) },
      { used: 80 },
      { limit: 40, top: 80 },
    ],
    [
      'undoes none if it is the second',
      { limit: 110, base: 80, raisedAt: ago(windows(1)), streak: 1 },
      { used: 110 },
      { limit: 55, top: 80 },
    ],
    [
      'undoes it as the second one where slots are dense',
      { limit: 110, base: 80, raisedAt: ago(windows(1)), streak: 1, ...dense },
      { used: 110 },
      { limit: 80, top: 110, raisedAt: 0 },
    ],
    [
      'only lowers the limit to its count as the first one where slots are dense',
      { limit: 110, base: 80, raisedAt: ago(windows(1)), ...dense },
      { used: 105 },
      { limit: 105, streak: 1, raisedAt: ago(windows(1)) },
    ],
    [
      'does not undo a small raise where slots are dense',
      { limit: 93, base: 80, raisedAt: ago(windows(1)), streak: 1, ...dense },
      { used: 93 },
      { limit: 47, top: 80 },
    ],
    [
      'undoes a raise by more than 15 % and one where slots are dense',
      { limit: 94, base: 80, raisedAt: ago(windows(1)), streak: 1, ...dense },
      { used: 94 },
      { limit: 80, top: 94 },
    ],
    [
      'only lowers the limit to its count after a small raise on a shared account',
      { limit: 93, base: 80, raisedAt: ago(windows(1)), sharedAccount: 1, interval: windows(1) },
      { used: 92 },
      { limit: 92, top: 92, interval: windows(2) },
    ],
  ])('after a raise %s', async (_rule, given, slot, then) => {
    expect(await answerTo(redis, { nextProbeAt: ago(1), ...given }, slot, refused)).toMatchObject(then);
  });

  const fell = { fellAt: ago(windows(3)), fellFrom: 60, raisedAt: ago(windows(5)), interval: windows(1) };
  test.each<Row>([
    [
      'without a raise in between shows another client',
      fell,
      within,
      { sharedAccount: 1, interval: windows(0.25) },
    ],
    [
      'makes attempts every eighth of a window at most',
      { ...fell, interval: windows(0.4) },
      within,
      { interval: windows(0.125) },
    ],
    [
      'shows no other client after a raise in between',
      { ...fell, raisedAt: fell.fellAt },
      within,
      { sharedAccount: 0, interval: windows(1) },
    ],
    [
      'shows none 24 windows later',
      { ...fell, fellAt: ago(windows(24)), raisedAt: ago(windows(25)) },
      within,
      { sharedAccount: 0 },
    ],
    [
      'shows one just before that',
      { ...fell, fellAt: ago(windows(24) - 1), raisedAt: ago(windows(25)) },
      within,
      { sharedAccount: 1 },
    ],
    [
      'shows none at four fifths of the earlier count',
      { ...fell, fellFrom: 75 },
      { used: 60 },
      { sharedAccount: 0, fellFrom: 60 },
    ],
    ['shows one above four fifths', { ...fell, fellFrom: 75 }, within, { sharedAccount: 1 }],
    [
      'doubles the interval after a raise that did not last',
      { limit: 100, base: 100, raisedAt: ago(windows(1.5) - 1), interval: windows(0.5) },
      within,
      { sharedAccount: 0, interval: windows(1) },
    ],
    [
      'doubles it up to the longest',
      { raisedAt: ago(windows(1)), interval: windows(1.5) },
      within,
      { interval: windows(2) },
    ],
    [
      'keeps the interval after one that did',
      { raisedAt: ago(windows(1.5)), interval: windows(0.5) },
      within,
      { interval: windows(0.5) },
    ],
  ])('a second fall %s', async (_rule, given, slot, then) => {
    expect(await answerTo(redis, { nextProbeAt: ago(1), ...given }, slot, refused)).toMatchObject(then);
  });

  test.each<Row>([
    [
      'says only that fewer are allowed',
      { refusedAt: ago(ms(10)) },
      { used: 61, ageUs: ms(20) },
      { limit: 61, streak: 0, refusedAt: nowUs, nextProbeAt: nowUs + windows(5) },
    ],
    [
      'does not raise the limit',
      { limit: 50, refusedAt: ago(ms(10)) },
      { used: 61, ageUs: ms(20) },
      { limit: 50 },
    ],
    ['leaves a limit of one', { refusedAt: ago(ms(10)) }, { used: 0, ageUs: ms(20) }, { limit: 1 }],
    [
      'is a fall if it was sent at that instant',
      { refusedAt: ago(ms(10)) },
      { used: 61, ageUs: ms(10) },
      { limit: 31, streak: 1 },
    ],
  ])('that was sent before the last refusal %s', async (_rule, given, slot, then) => {
    expect(await answerTo(redis, given, slot, refused)).toMatchObject(then);
  });

  test.each([
    [0, 2],
    [1, 4],
    [2, 8],
    [3, 16],
    [9, 16],
  ])('with no slot in use, after %s refusals, pauses for %s eighths of a window', async (streak, eighths) => {
    const then = await answerTo(redis, { streak }, { used: 0 }, refused);
    expect(then['pausedUntil']).toBe(nowUs + (eighths * windowUs) / 8);
  });

  test('with a slot in use does not pause by itself', async () => {
    expect(await answerTo(redis, {}, { used: 1 }, refused)).toMatchObject({ pausedUntil: 0 });
  });
});
