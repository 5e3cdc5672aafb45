import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../src/worker/backoff.ts';

describe('the backoff', () => {
  it('doubles up to its bound', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((failures) =>
      backoffMs({ firstMs: 1000, mostMs: 10_000 }, failures, 0),
    );
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('never waits less than the floor, nor more than a quarter above what it must', () => {
    const cases = fc.record({
      failures: fc.integer({ min: 0, max: 10_000 }),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
      floorMs: fc.integer({ min: 0, max: 1e7 }),
    });
    fc.assert(
      fc.property(cases, ({ failures, random, floorMs }) => {
        const waitMs = backoffMs({ firstMs: 1000, mostMs: 60_000 }, failures, random, floorMs);
        expect(waitMs).toBeGreaterThanOrEqual(floorMs);
        expect(waitMs).toBeLessThanOrEqual(Math.max(floorMs, 60_000) * 1.25 + 1);
      }),
    );
  });
});
