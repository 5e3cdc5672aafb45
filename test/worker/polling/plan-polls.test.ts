import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Distribution,
  nextPoll,
  type PollCosts,
  planPolls,
} from '../../../src/worker/polling/plan-polls.ts';

const COSTS: PollCosts = { queryCostMs: 1_000, minGapMs: 0, missedCallbackRate: 1 };

function distribution(points: readonly (readonly [number, number])[]): Distribution {
  return {
    timesMs: Float64Array.from(points, ([timeMs]) => timeMs),
    cdf: Float64Array.from(points, ([, ended]) => ended),
  };
}

/** The cost of polling at exactly these grid points, by definition. */
function costOf({ timesMs, cdf }: Distribution, polls: readonly number[], costs: PollCosts): number {
  let [sum, from] = [0, 0];
  for (const to of polls) {
    const [seen, ended] = [cdf[from] ?? 0, cdf[to] ?? 0];
    sum += costs.queryCostMs * (1 - ended + costs.missedCallbackRate * (ended - seen));
    for (let cell = from; cell < to; cell += 1) {
      const mass = (cdf[cell + 1] ?? 0) - (cdf[cell] ?? 0);
      const middleMs = ((timesMs[cell + 1] ?? 0) + (timesMs[cell] ?? 0)) / 2;
      sum += costs.missedCallbackRate * mass * ((timesMs[to] ?? 0) - middleMs);
    }
    from = to;
  }
  return sum;
}

/** Every way to choose polls, the last grid point always among them. */
function everyChoice(gridPoints: number): number[][] {
  const last = gridPoints - 1;
  return Array.from({ length: 2 ** (last - 1) }, (_, bits) => [
    ...Array.from({ length: last - 1 }, (_, index) => index + 1).filter((point) => bits & (1 << (point - 1))),
    last,
  ]);
}

const grids = fc
  .array(fc.tuple(fc.integer({ min: 50, max: 5_000 }), fc.integer({ min: 0, max: 10 })), {
    minLength: 2,
    maxLength: 8,
  })
  .filter((cells) => cells.some(([, weight]) => weight > 0))
  .map((cells) => {
    const total = cells.reduce((sum, [, weight]) => sum + weight, 0);
    let [timeMs, weight] = [0, 0];
    const points: [number, number][] = [[0, 0]];
    for (const [widthMs, more] of cells) {
      timeMs += widthMs;
      weight += more;
      points.push([timeMs, weight / total]);
    }
    return distribution(points);
  });

describe('the plan', () => {
  test('is as cheap as the best of all schedules', () => {
    fc.assert(
      fc.property(
        grids,
        fc.constantFrom(1, 0.5, 0.01),
        fc.constantFrom(100, 1_000),
        (grid, missedCallbackRate, queryCostMs) => {
          const costs = { queryCostMs, missedCallbackRate, minGapMs: 0 };
          const plan = planPolls(grid, costs);
          const cheapest = Math.min(
            ...everyChoice(grid.timesMs.length).map((polls) => costOf(grid, polls, costs)),
          );
          expect(plan.costToGo[0]).toBeCloseTo(cheapest, 6);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('costs what it says when it is followed poll by poll', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const plan = planPolls(grid, COSTS);
        const polls: number[] = [];
        for (let ageMs = 0; ageMs < (grid.timesMs.at(-1) ?? 0); ) {
          ageMs = nextPoll(plan, ageMs);
          polls.push(grid.timesMs.indexOf(ageMs));
        }
        expect(costOf(grid, polls, COSTS)).toBeCloseTo(plan.costToGo[0] ?? Number.NaN, 6);
      }),
      { numRuns: 300 },
    );
  });
});

describe('polls', () => {
  const steady = distribution(
    Array.from({ length: 201 }, (_, index) => [index * 100, 1 - Math.exp(-index / 50)]),
  );

  test('start when a task can first have ended', () => {
    const plan = planPolls(
      distribution([
        [0, 0],
        [9_000, 0],
        [10_000, 1],
        [20_000, 1],
      ]),
      COSTS,
    );
    expect(nextPoll(plan, 0)).toBe(10_000);
  });

  test('skip the gap between two peaks', () => {
    const humps = distribution([
      [0, 0],
      [4_900, 0],
      [5_000, 0.5],
      [7_000, 0.5],
      [59_900, 0.5],
      [60_000, 1],
    ]);
    const plan = planPolls(humps, COSTS);
    expect([nextPoll(plan, 0), nextPoll(plan, 5_000)]).toEqual([5_000, 60_000]);
  });

  test('keep the minimum distance', () => {
    const plan = planPolls(steady, { ...COSTS, queryCostMs: 1, minGapMs: 700 });
    for (let ageMs = 0; ageMs < 15_000; ageMs += 130)
      expect(nextPoll(plan, ageMs) - ageMs).toBeGreaterThanOrEqual(700);
  });

  test('are farther and farther apart after the last planned instant', () => {
    const plan = planPolls(steady, { ...COSTS, minGapMs: 500 });
    expect(nextPoll(plan, 20_000)).toBe(21_000);
    expect(nextPoll(plan, 200_000)).toBe(210_000);
  });

  test('are rarer when fewer callbacks are lost', () => {
    const firstLooks = [1, 0.3, 0.1, 0.02].map((missedCallbackRate) =>
      nextPoll(planPolls(steady, { ...COSTS, missedCallbackRate }), 0),
    );
    expect(firstLooks).toEqual([...firstLooks].sort((left, right) => left - right));
    expect(new Set(firstLooks).size).toBe(4);
  });
});
