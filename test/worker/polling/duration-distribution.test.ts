import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectiveTasks, learnDistribution } from '../../../src/worker/polling/duration-distribution.ts';
import type { Distribution } from '../../../src/worker/polling/plan-polls.ts';

const BELIEFS = { typicalMs: 20_000, deadlineMs: 3_600_000 };

function endedBy({ timesMs, cdf }: Distribution, timeMs: number): number {
  return cdf[timesMs.findIndex((instant) => instant >= timeMs)] ?? 1;
}

test('any durations give a distribution: from 0 to 1, never falling, up to the deadline', () => {
  const durations = fc.array(fc.oneof(fc.nat(60_000), fc.nat(4_000_000), fc.constant(0)), { maxLength: 330 });
  fc.assert(
    fc.property(durations, fc.integer({ min: 2_000, max: 90_000_000 }), (durationsMs, deadlineMs) => {
      const { timesMs, cdf } = learnDistribution(durationsMs, { typicalMs: 1_000, deadlineMs });
      expect([timesMs[0], cdf[0], timesMs.at(-1), cdf.at(-1)]).toEqual([0, 0, deadlineMs, 1]);
      for (let index = 1; index < timesMs.length; index += 1) {
        expect(timesMs[index]).toBeGreaterThan(timesMs[index - 1] ?? 0);
        expect(cdf[index]).toBeGreaterThanOrEqual((cdf[index - 1] ?? 0) - 1e-12);
      }
    }),
    { numRuns: 100 },
  );
});

describe('what is learned', () => {
  test('two peaks stay two peaks', () => {
    const durationsMs = Array.from(
      { length: 200 },
      (_, index) => (index % 2 === 0 ? 10_000 : 90_000) + (index % 40) * 50,
    );
    const learned = learnDistribution(durationsMs, BELIEFS);
    expect(endedBy(learned, 9_000)).toBeLessThan(0.01);
    expect(endedBy(learned, 15_000)).toBeCloseTo(0.5, 1);
    expect(endedBy(learned, 85_000)).toBeCloseTo(endedBy(learned, 15_000), 1);
    expect(endedBy(learned, 95_000)).toBeGreaterThan(0.98);
  });

  test('the newest tasks weigh most', () => {
    const durationsMs = Array.from({ length: 320 }, (_, age) => (age < 80 ? 60_000 : 10_000));
    expect(endedBy(learnDistribution(durationsMs, BELIEFS), 30_000)).toBeCloseTo(0.47, 1);
  });

  test('an unusual duration stays possible', () => {
    const learned = learnDistribution(
      Array.from({ length: 320 }, () => 10_000),
      BELIEFS,
    );
    expect(endedBy(learned, 60_000)).toBeLessThan(1);
    expect(endedBy(learned, 60_000)).toBeGreaterThan(0.99);
  });

  test('old tasks fade, so their weight is bounded', () => {
    expect(effectiveTasks(0)).toBe(0);
    expect(effectiveTasks(1)).toBeCloseTo(1);
    expect(effectiveTasks(10)).toBeCloseTo(10, 0);
    expect(effectiveTasks(100_000)).toBeLessThan(250);
  });
});
