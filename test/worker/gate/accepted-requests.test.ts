/** What an accepted request changes in what was learned, rule by rule. docs/gate.md has the reasons. */
import { afterAll, describe, expect, test } from 'vitest';
import { connectTestRedis } from '../../setup/redis.ts';
import { ago, answerTo, counted, ms, nowUs, type Row, windows, windowUs } from './given-state.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

describe('an accepted request', () => {
  test.each<Row>([
    ['ends a row of refusals', { streak: 2 }, { used: 5 }, { streak: 0 }],
    ['starts the climb again after a refusal', { streak: 1 }, { used: 5 }, { climbing: 1 }],
    [
      'starts the climb again below the count where it stops',
      { streak: 1, top: 101 },
      { used: 5 },
      { climbing: 1 },
    ],
    ['does not start it at that count', { streak: 1, top: 100 }, { used: 5 }, { climbing: 0 }],
    ['starts no climb by itself', {}, { used: 5 }, { climbing: 0, limit: 100, raisedAt: 0 }],
    [
      'makes a limit the basis that has stood for more than two windows',
      { base: 80, raisedAt: ago(windows(2) + 1), refusedAt: ago(windows(2) + 1) },
      { used: 5 },
      { base: 100 },
    ],
    [
      'does not so with a limit that was raised two windows ago',
      { base: 80, raisedAt: ago(windows(2)) },
      { used: 5 },
      { base: 80 },
    ],
    [
      'does not so with one that was refused two windows ago',
      { base: 80, raisedAt: ago(windows(9)), refusedAt: ago(windows(2)) },
      { used: 5 },
      { base: 80 },
    ],
    [
      'forgets other clients more than 24 windows after the last fall',
      { sharedAccount: 1, fellAt: ago(windows(24) + 1) },
      { used: 5 },
      { sharedAccount: 0 },
    ],
    [
      'does not forget them earlier',
      { sharedAccount: 1, fellAt: ago(windows(24)) },
      { used: 5 },
      { sharedAccount: 1 },
    ],
  ])('%s', async (_rule, given, slot, then) => {
    expect(await answerTo(redis, given, slot, counted)).toMatchObject(then);
  });

  const beyond = (used: number) => ({ used, beyond: true });
  test.each<Row>([
    [
      'raises the limit by one, and the climb continues',
      {},
      beyond(100),
      { limit: 101, climbing: 1, raisedAt: nowUs, step: 2 },
    ],
    ['raises the limit to what was in use', {}, beyond(104), { limit: 105 }],
    ['does not lower the limit', {}, beyond(90), { limit: 100 }],
    ['does not raise the limit above what the server said', { ceiling: 100 }, beyond(100), { limit: 100 }],
    [
      'does not count as a raise up to the limit that last stood',
      { limit: 50, base: 51, raisedAt: ago(windows(3)), refusedAt: nowUs },
      beyond(50),
      { limit: 51, raisedAt: ago(windows(3)), climbing: 1 },
    ],
    [
      'doubles how many go at once, up to one for each 32 of the limit',
      { step: 2, limit: 127 },
      beyond(127),
      { limit: 128, step: 4 },
    ],
    ['allows no more than that', { step: 2, limit: 126 }, beyond(126), { limit: 127, step: 3 }],
    ['leaves one at a time below a limit of 64', { limit: 50, refusedAt: nowUs }, beyond(50), { step: 1 }],
    [
      'continues the climb below the count that was refused',
      { top: 102, nextProbeAt: nowUs + windows(5) },
      beyond(100),
      { limit: 101, climbing: 1, top: 102, nextProbeAt: nowUs + windows(5) },
    ],
    [
      'ends the climb at that count, and plans an attempt within the interval of the new limit',
      { top: 101, step: 3, climbing: 1, nextProbeAt: nowUs + windows(5) },
      beyond(100),
      { limit: 101, climbing: 0, top: 0, step: 1, nextProbeAt: nowUs + windows(2) },
    ],
    [
      'ends the climb and keeps an attempt that is planned earlier',
      { top: 101, climbing: 1, nextProbeAt: nowUs + windows(1) },
      beyond(100),
      { climbing: 0, nextProbeAt: nowUs + windows(1) },
    ],
  ])('beyond the limit %s', async (_rule, given, slot, then) => {
    expect(await answerTo(redis, given, slot, counted)).toMatchObject(then);
  });

  test('does not raise the limit above the configured one where that is the most there is', async () => {
    expect(await answerTo(redis, {}, beyond(100), counted, { learn: 'down' })).toMatchObject({ limit: 100 });
  });
});

describe('the server’s word for its limit', () => {
  const said = (limit: number, windowMs: number) => ({ kind: 'counted', limit, windowMs }) as const;
  const known = { limit: 40, ceiling: 60, base: 40 };

  test.each([
    ['another limit', said(50, 10_000), { limit: 50, ceiling: 50, base: 50, window: windowUs }],
    ['another window', said(60, 5000), { limit: 60, ceiling: 60, base: 60, window: ms(5000) }],
    ['a limit of one', said(1, 10_000), { limit: 1, ceiling: 1, base: 1 }],
  ])('is taken: %s', async (_what, verdict, then) => {
    expect(await answerTo(redis, known, { used: 5 }, verdict)).toMatchObject(then);
  });

  test('does not overrule what was learned when it is the same as before', async () => {
    expect(await answerTo(redis, known, { used: 5 }, said(60, 10_000))).toMatchObject({
      limit: 40,
      ceiling: 60,
      base: 40,
    });
  });

  test('is taken with a refusal too, which is then learned from', async () => {
    const verdict = { kind: 'refused', limit: 50, windowMs: 10_000 } as const;
    expect(await answerTo(redis, known, { used: 40 }, verdict)).toMatchObject({
      limit: 20,
      ceiling: 50,
      base: 50,
    });
  });

  test('lowers the limit that is the most there is, and does not raise it', async () => {
    const down = { learn: 'down' } as const;
    expect(await answerTo(redis, {}, { used: 5 }, said(50, 10_000), down)).toMatchObject({
      limit: 50,
      ceiling: 50,
    });
    expect(await answerTo(redis, {}, { used: 5 }, said(150, 10_000), down)).toMatchObject({
      limit: 100,
      ceiling: 100,
    });
  });
});
