import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RateLimit } from '../../src/shared/configuration/values.ts';
import { createAdmission } from '../../src/simulator/admission.ts';
import { createLimiter, greatestInWindow, type LimiterKind } from '../../src/simulator/limiters.ts';

const limits = fc.record({
  max: fc.integer({ min: 1, max: 30 }),
  windowMs: fc.integer({ min: 1, max: 500 }),
});
const gapsMs = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 300 });

function instantsOf(gaps: readonly number[]): number[] {
  let nowMs = 1000;
  return gaps.map((gap) => {
    nowMs += gap;
    return nowMs;
  });
}

function admittedOf(kind: LimiterKind, instants: readonly number[], limit: RateLimit): number[] {
  const limiter = createLimiter(kind);
  return instants.filter((nowMs) => limiter.admit(nowMs, limit).admitted);
}

describe('the sliding window', () => {
  it('admits exactly what a count over all earlier admissions allows', () => {
    fc.assert(
      fc.property(gapsMs, limits, (gaps, limit) => {
        const limiter = createLimiter('sliding-window');
        const admitted: number[] = [];
        for (const nowMs of instantsOf(gaps)) {
          const held = admitted.filter((instant) => instant > nowMs - limit.windowMs).length;
          expect(limiter.admit(nowMs, limit).admitted).toBe(held < limit.max);
          if (held < limit.max) admitted.push(nowMs);
        }
        expect(greatestInWindow(admitted, limit.windowMs)).toBeLessThanOrEqual(limit.max);
      }),
    );
  });

  it('admits at the instant a refusal named, and not before', () => {
    fc.assert(
      fc.property(gapsMs, limits, (gaps, limit) => {
        const limiter = createLimiter('sliding-window');
        for (const nowMs of instantsOf(gaps)) {
          const verdict = limiter.admit(nowMs, limit);
          if (verdict.admitted) continue;
          const freeAtMs = nowMs + verdict.retryAfterMs;
          expect(limiter.admit(freeAtMs - 0.01, limit).admitted).toBe(false);
          expect(limiter.admit(freeAtMs + 0.01, limit).admitted).toBe(true);
          return;
        }
      }),
    );
  });

  it('forgets nothing it still needs after thousands of requests', () => {
    const limit = { max: 3000, windowMs: 1000 };
    const admitted = admittedOf(
      'sliding-window',
      instantsOf(Array.from({ length: 20_000 }, () => 0.1)),
      limit,
    );
    expect(greatestInWindow(admitted, 1000)).toBe(3000);
    expect(admitted.length).toBe(6000);
  });

  it('follows a limit that changes while it runs', () => {
    const limiter = createLimiter('sliding-window');
    const admits = (nowMs: number, max: number) => limiter.admit(nowMs, { max, windowMs: 100 }).admitted;
    expect([admits(0, 2), admits(1, 2), admits(2, 2)]).toEqual([true, true, false]);
    expect([admits(3, 4), admits(4, 4), admits(5, 4)]).toEqual([true, true, false]);
    expect([admits(101, 1), admits(104, 1)]).toEqual([false, true]);
  });
});

describe('the fixed window', () => {
  it('admits twice the limit around the turn of a window, and no more than the limit in one', () => {
    const limit = { max: 3, windowMs: 100 };
    const admitted = admittedOf('fixed-window', [0, 97, 98, 99, 100, 101, 102, 103, 150, 199, 200], limit);
    expect(admitted).toEqual([0, 97, 98, 100, 101, 102, 200]);
  });
});

describe('the token bucket', () => {
  it('admits a burst of the limit and then one for each refilled token', () => {
    const limit = { max: 4, windowMs: 100 };
    const admitted = admittedOf(
      'token-bucket',
      [0, 0, 0, 0, 0, 24, 25, 49, 50, 300, 300, 300, 300, 300],
      limit,
    );
    expect(admitted).toEqual([0, 0, 0, 0, 25, 50, 300, 300, 300, 300]);
  });

  it('never admits more than the burst and the refill together', () => {
    fc.assert(
      fc.property(gapsMs, limits, (gaps, limit) => {
        const admitted = admittedOf('token-bucket', instantsOf(gaps), limit);
        expect(greatestInWindow(admitted, limit.windowMs)).toBeLessThanOrEqual(2 * limit.max);
      }),
    );
  });
});

describe('a second client of the account', () => {
  const settings = {
    limit: { max: 10, windowMs: 1000 },
    limiter: 'sliding-window',
    otherClientShare: 0.3,
  } as const;

  it('takes its share, and together they keep the limit', () => {
    const admission = createAdmission(0);
    const ours = Array.from({ length: 10_000 }, (_, nowMs) => nowMs).filter(
      (nowMs) => admission.admit(nowMs, settings).admitted,
    );
    expect(ours.length + admission.otherClientAdmitted()).toBeLessThanOrEqual(100);
    expect(ours.length).toBeGreaterThanOrEqual(70);
    expect(greatestInWindow(ours, 1000)).toBeLessThanOrEqual(10);
  });

  it('leaves everything when its share is zero', () => {
    const admission = createAdmission(0);
    const alone = { ...settings, otherClientShare: 0 };
    expect(
      Array.from({ length: 11 }, () => admission.admit(5000, alone).admitted).filter(Boolean),
    ).toHaveLength(10);
  });
});
