/** How long the gate pauses, and when a pause is probed, rule by rule. */
import { afterAll, describe, expect, test } from 'vitest';
import { connectTestRedis } from '../../setup/redis.ts';
import { ago, answerTo, counted, gateWith, ms, nowUs, openSlot, refused } from './given-state.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

describe('answers of no use', () => {
  test.each([
    [3, 0],
    [4, 2000],
    [5, 4000],
    [7, 16_000],
    [8, 30_000],
    [40, 30_000],
  ])('after %s others pause all workers for %s ms', async (trouble, pauseMs) => {
    for (const kind of ['unusable', 'ambiguous', 'unsent'] as const) {
      const then = await answerTo(redis, { trouble }, { used: 5 }, { kind });
      expect(then).toMatchObject({ trouble: trouble + 1, pausedUntil: pauseMs && nowUs + ms(pauseMs) });
    }
  });

  test('are forgotten with an answer, and not with a request that was not used', async () => {
    expect((await answerTo(redis, { trouble: 9 }, { used: 5 }, counted))['trouble']).toBe(0);
    expect((await answerTo(redis, { trouble: 9 }, { used: 5 }, refused))['trouble']).toBe(0);
    expect(await answerTo(redis, { trouble: 9 }, { used: 5 }, { kind: 'unused' })).toMatchObject({
      trouble: 9,
      pausedUntil: 0,
    });
  });
});

describe('a pause', () => {
  const pause = (retryAfterMs: number) => ({ kind: 'refused', retryAfterMs, message: 'slow' }) as const;

  test('of less than three minutes keeps what the refusal says, and is not probed', async () => {
    expect(await answerTo(redis, {}, { used: 61 }, pause(179_999))).toMatchObject({
      limit: 31,
      pauseProbeAt: 0,
      pausedSince: nowUs,
    });
  });

  test('of three minutes starts low, and climbs to the limit that stood', async () => {
    expect(await answerTo(redis, { step: 3 }, { used: 61 }, pause(180_000))).toMatchObject({
      limit: 1,
      top: 100,
      step: 1,
      climbing: 0,
      streak: 1,
      pausedUntil: nowUs + ms(180_000),
      pauseProbeAt: nowUs + ms(120_000),
    });
    expect(await answerTo(redis, { limit: 120 }, { used: 120, beyond: true }, pause(180_000))).toMatchObject({
      top: 120,
      streak: 1,
    });
    expect(await answerTo(redis, { streak: 1 }, { used: 61 }, pause(180_000))).toMatchObject({ streak: 2 });
  });

  test.each([
    [100, 120],
    [1000, 500],
    [5000, 900],
  ])('that the vendor has asked for since %s s is probed after %s s', async (sinceS, probedS) => {
    const then = await answerTo(redis, { pausedSince: ago(ms(sinceS * 1000)) }, { used: 61 }, pause(200_000));
    expect(then).toMatchObject({
      pauseProbeAt: nowUs + ms(probedS * 1000),
      pausedSince: ago(ms(sinceS * 1000)),
    });
  });

  test('is not probed earlier than was planned', async () => {
    const planned = nowUs + ms(600_000);
    expect(
      (await answerTo(redis, { pauseProbeAt: planned }, { used: 61 }, pause(900_000)))['pauseProbeAt'],
    ).toBe(planned);
  });

  test('that ends with another, or before it, changes nothing', async () => {
    const given = { pausedUntil: nowUs + ms(5000), pausedSince: ago(ms(10)) };
    for (const [retryAfterMs, endsMs] of [
      [4000, 5000],
      [5000, 5000],
      [5001, 5001],
    ] as const)
      expect(await answerTo(redis, given, { used: 61 }, pause(retryAfterMs))).toMatchObject({
        pausedUntil: nowUs + ms(endsMs),
        pausedSince: ago(ms(10)),
      });
  });

  test('that has begun is not said to begin again', async () => {
    const then = await answerTo(redis, { pausedUntil: nowUs + 1 }, { used: 61 }, pause(5000));
    expect(then).toMatchObject({ pausedSince: 0, pausedUntil: nowUs + ms(5000) });
    expect(await answerTo(redis, { pausedUntil: nowUs }, { used: 61 }, pause(5000))).toMatchObject({
      pausedSince: nowUs,
    });
  });

  test('that meets the first request of all begins then, and is not probed if it is short', async () => {
    const givenGate = await gateWith(redis);
    await redis.del(givenGate.keys.state);
    await givenGate.gate.settle(await openSlot(redis, givenGate, { used: 0 }), pause(5000));
    expect(await givenGate.learned()).toMatchObject({ pausedSince: nowUs, pauseProbeAt: 0 });
  });

  test('is over with an accepted request, and is not probed once it has ended', async () => {
    const given = { pausedSince: ago(ms(10)), pauseProbeAt: 5 };
    expect(await answerTo(redis, { ...given, pausedUntil: nowUs }, { used: 5 }, counted)).toMatchObject({
      pausedSince: 0,
      pauseProbeAt: 0,
    });
    expect(await answerTo(redis, { ...given, pausedUntil: nowUs + 1 }, { used: 5 }, counted)).toMatchObject({
      pausedSince: 0,
      pauseProbeAt: 5,
    });
  });
});
