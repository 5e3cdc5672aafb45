/** A search that continues from call to call. */
import { expect, it } from 'vitest';
import { createGrowingSearch } from '../../src/server/readings/growing-search.ts';
import { anItem } from '../setup/an-item.ts';

/** Of the first `items` places every tenth fits; each look takes `stride` places. */
function searchIn(items: number, size: number, stride = 25) {
  const clock = { nowMs: 0 };
  const looks: number[] = [];
  const search = createGrowingSearch({
    from: 0,
    size,
    keptMs: 1000,
    now: () => clock.nowMs,
    look: async (from, most) => {
      looks.push(from);
      const found: number[] = [];
      let at = from;
      for (; at < Math.min(items, from + stride) && found.length < most; at += 1)
        if (at % 10 === 0) found.push(at);
      return {
        items: found.map((n) => anItem({ id: `item-${n}` })),
        next: at >= items ? null : at,
        examined: at - from,
      };
    },
  });
  return { search, looks, clock };
}

it('each call adds what it finds, until everything is searched', async () => {
  const { search, looks } = searchIn(60, 50);
  expect((await search()).items).toHaveLength(3);
  expect(await search()).toMatchObject({ next: 50, examined: 50 });
  const whole = await search();
  expect(whole.items.map(({ id }) => id)).toEqual([0, 10, 20, 30, 40, 50].map((n) => `item-${n}`));
  expect(whole).toMatchObject({ next: null, examined: 60 });
  expect(looks).toEqual([0, 25, 50]);
});

it('a full page ends it, and says where the next one begins', async () => {
  const { search } = searchIn(1000, 4, 100);
  expect(await search()).toMatchObject({ next: 31, examined: 31 });
});

it('what was found is kept for its time and then looked for again', async () => {
  const { search, looks, clock } = searchIn(20, 50);
  await search();
  clock.nowMs = 999;
  await search();
  expect(looks).toEqual([0]);
  clock.nowMs = 1000;
  expect((await search()).items).toHaveLength(2);
  expect(looks).toEqual([0, 0]);
});

it('several who look at once look once', async () => {
  const { search, looks } = searchIn(20, 50);
  await Promise.all([search(), search(), search()]);
  expect(looks).toEqual([0]);
});
