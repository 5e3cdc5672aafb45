/** What is expected of a task when the stated price changes: never less than the truth that is known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learnPrice, type PaidTask } from '../../../src/shared/prices/learn-price.ts';

const second = (credits: number) => ({ unit: 'second', credits }) as const;
/** A task of so many seconds, paid at `paid` a second when `said` a second was stated. */
const task = (seconds: number, paid: number, said: number): PaidTask => ({
  credits: seconds * paid,
  base: seconds * said,
  per: second(said),
});
const expected = (tasks: readonly PaidTask[], stated: number) => learnPrice(tasks, second(stated))?.perUnit;

describe('the price of a second', () => {
  it.each<[string, PaidTask[], number, number]>([
    ['is what was paid', [task(10, 10, 8)], 8, 10],
    ['is what was paid, also below what is stated', [task(10, 8, 14)], 14, 8],
    ['is the highest that was paid', [task(10, 8, 8), task(10, 10, 8)], 8, 10],
    ['does not rise again with a list that says what was paid', [task(10, 10, 8)], 10, 10],
    ['does not fall below what was paid when the list falls to it', [task(10, 8, 14)], 8, 8],
    ['rises with the list', [task(10, 8, 8)], 12, 12],
    ['stays where the list falls, until a task shows it', [task(10, 8, 8)], 6, 8],
    ['falls with the first task that was paid under the new list', [task(5, 6, 6), task(10, 8, 8)], 6, 6],
  ])('%s', (_, tasks, stated, price) => {
    expect(expected(tasks, stated)).toBeCloseTo(price, 9);
  });

  it('is never below what was paid under the price of today, nor, after a change, below the new price', () => {
    const price = fc.integer({ min: 1, max: 100 });
    const tasks = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), price, price), { minLength: 1 });
    fc.assert(
      fc.property(tasks, price, (rows, stated) => {
        const found =
          expected(
            rows.map((row) => task(...row)),
            stated,
          ) ?? 0;
        const present = rows.filter(([, , said]) => said === stated);
        const floor =
          present.length > 0 ? present.map(([, paid]) => paid) : [stated, ...rows.map(([, paid]) => paid)];
        expect(found).toBeGreaterThanOrEqual(Math.max(...floor) - 1e-9);
      }),
    );
  });

  it('is not told by tasks that were paid by the task, or of which nothing was said', () => {
    expect(expected([{ credits: 80, base: 80, per: { unit: 'task', credits: 80 } }], 8)).toBeNull();
    expect(expected([{ credits: 80, base: null }], 8)).toBeNull();
    expect(learnPrice([{ credits: 12, base: null }], { unit: 'task', credits: 10 })?.perUnit).toBe(12);
  });

  it('is null before any task, and without a price that is stated', () => {
    expect(learnPrice([], second(8))).toBeNull();
    expect(learnPrice([task(10, 8, 8), task(2, 8, 8)], null)).toEqual({
      tasks: 2,
      lowest: 16,
      highest: 80,
      perUnit: null,
    });
  });

  it('is not told by a task that was said to be free', () => {
    expect(expected([{ credits: 80, base: 0, per: second(8) }], 8)).toBeNull();
  });

  it('rises with the list where nothing was said of the tasks that were paid', () => {
    expect(learnPrice([{ credits: 12, base: null }], { unit: 'task', credits: 15 })?.perUnit).toBe(15);
    expect(expected([{ credits: 60, base: 80 }, task(10, 6, 8)], 8)).toBe(6);
  });

  it('never falls by records of version 0.1.0, which do not say what their base was made of', () => {
    expect(expected([{ credits: 60, base: 80 }], 8)).toBe(8);
    expect(expected([{ credits: 100, base: 80 }], 8)).toBe(10);
  });
});
