import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Distribution,
  type LookCosts,
  nextLook,
  solveLooks,
} from '../../../src/worker/polling/solve-looks.ts';

const COSTS: LookCosts = { queryCostMs: 1_000, minGapMs: 0, missedCallbackRate: 1 };

function distribution(points: readonly (readonly [number, number])[]): Distribution {
  return {
    timesMs: Float64Array.from(points, ([timeMs]) => timeMs),
    cdf: Float64Array.from(points, ([, ended]) => ended),
  };
}

/** What looking at exactly these grid points comes to: the definition, written out. */
function costOf({ timesMs, cdf }: Distribution, looks: readonly number[], costs: LookCosts): number {
  let [sum, from] = [0, 0];
  for (const to of looks) {
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

/** Every way to choose looks, the last grid point always among them. */
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
  test('is as cheap as the cheapest of all ways to look', () => {
    fc.assert(
      fc.property(
        grids,
        fc.constantFrom(1, 0.5, 0.01),
        fc.constantFrom(100, 1_000),
        (grid, missedCallbackRate, queryCostMs) => {
          const costs = { queryCostMs, missedCallbackRate, minGapMs: 0 };
          const plan = solveLooks(grid, costs);
          const cheapest = Math.min(
            ...everyChoice(grid.timesMs.length).map((looks) => costOf(grid, looks, costs)),
          );
          expect(plan.costToGo[0]).toBeCloseTo(cheapest, 6);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('followed look by look, it costs what it says', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const plan = solveLooks(grid, COSTS);
        const looks: number[] = [];
        for (let ageMs = 0; ageMs < (grid.timesMs.at(-1) ?? 0); ) {
          ageMs = nextLook(plan, ageMs);
          looks.push(grid.timesMs.indexOf(ageMs));
        }
        expect(costOf(grid, looks, COSTS)).toBeCloseTo(plan.costToGo[0] ?? Number.NaN, 6);
      }),
      { numRuns: 300 },
    );
  });
});

describe('looks', () => {
  const steady = distribution(
    Array.from({ length: 201 }, (_, index) => [index * 100, 1 - Math.exp(-index / 50)]),
  );

  test('wait for the first time at which a task can end', () => {
    const plan = solveLooks(
      distribution([
        [0, 0],
        [9_000, 0],
        [10_000, 1],
        [20_000, 1],
      ]),
      COSTS,
    );
    expect(nextLook(plan, 0)).toBe(10_000);
  });

  test('skip a gap between two humps', () => {
    const humps = distribution([
      [0, 0],
      [4_900, 0],
      [5_000, 0.5],
      [7_000, 0.5],
      [59_900, 0.5],
      [60_000, 1],
    ]);
    const plan = solveLooks(humps, COSTS);
    expect([nextLook(plan, 0), nextLook(plan, 5_000)]).toEqual([5_000, 60_000]);
  });

  test('keep the shortest time between them', () => {
    const plan = solveLooks(steady, { ...COSTS, queryCostMs: 1, minGapMs: 700 });
    for (let ageMs = 0; ageMs < 15_000; ageMs += 130)
      expect(nextLook(plan, ageMs) - ageMs).toBeGreaterThanOrEqual(700);
  });

  test('come ever further apart past the last instant of the plan', () => {
    const plan = solveLooks(steady, { ...COSTS, minGapMs: 500 });
    expect(nextLook(plan, 20_000)).toBe(21_000);
    expect(nextLook(plan, 200_000)).toBe(210_000);
  });

  test('are rarer the fewer ends are untold', () => {
    const firstLooks = [1, 0.3, 0.1, 0.02].map((missedCallbackRate) =>
      nextLook(solveLooks(steady, { ...COSTS, missedCallbackRate }), 0),
    );
    expect(firstLooks).toEqual([...firstLooks].sort((left, right) => left - right));
    expect(new Set(firstLooks).size).toBe(4);
  });
});
