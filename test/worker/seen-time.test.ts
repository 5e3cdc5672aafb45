/** For how long the vendor has been seen to say the same of a task. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SeenState, type SeenTime, seeAgain, seenMs } from '../../src/worker/seen-time.ts';

const look = { at: 1000, nextMs: 5000 };
const states: readonly SeenState[] = ['running', 'failed', 'unknown'];

describe('the time a task was seen in a state', () => {
  it.each<[string, SeenTime, SeenState, number, number]>([
    ['is nothing at the first look', {}, 'running', 4000, 0],
    ['is nothing at the first look that finds it failed', { look, runningMs: 9 }, 'failed', 4000, 0],
    ['counts from the look before', { look, failedMs: 100 }, 'failed', 4000, 3100],
    ['of a running task counts from when it was made', { look }, 'running', 4000, 3000],
    ['counts a late look in full', { look, unknownMs: 0 }, 'unknown', 16_000, 15_000],
    ['counts no more than was planned', { look, unknownMs: 0 }, 'unknown', 900_000, 15_000],
    ['does not shrink with a clock that steps back', { look, runningMs: 70 }, 'running', 0, 70],
    ['is kept where no look is known', { failedMs: 70 }, 'failed', 4000, 70],
  ])('%s', (_, seen, state, now, expected) => {
    expect(seenMs(seen, state, now)).toBe(expected);
    expect(seeAgain(seen, state, now, 7000)).toMatchObject({
      look: { at: now, nextMs: 7000 },
      [`${state}Ms`]: expected,
    });
  });

  it('is reset in another state, except for the time it has run', () => {
    const seen = { look, runningMs: 10, failedMs: 20, unknownMs: 30 };
    expect(seeAgain(seen, 'failed', 2000, 1)).toEqual({
      look: { at: 2000, nextMs: 1 },
      runningMs: 10,
      failedMs: 1020,
    });
    expect(seeAgain({ look }, 'unknown', 2000, 1)).toEqual({ look: { at: 2000, nextMs: 1 }, unknownMs: 0 });
  });

  it('never exceeds the time that was planned, whatever the clock does', () => {
    const looks = fc.array(fc.tuple(fc.constantFrom(...states), fc.integer(), fc.nat(60_000)));
    fc.assert(
      fc.property(looks, (given) => {
        let [seen, plannedMs]: [SeenTime, number] = [{}, 0];
        for (const [state, now, nextMs] of given) {
          seen = seeAgain(seen, state, now, nextMs);
          for (const field of ['runningMs', 'failedMs', 'unknownMs'] as const) {
            expect(seen[field] ?? 0).toBeGreaterThanOrEqual(0);
            expect(seen[field] ?? 0).toBeLessThanOrEqual(plannedMs);
          }
          plannedMs += nextMs + 10_000;
        }
      }),
    );
  });
});
