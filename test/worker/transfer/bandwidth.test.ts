import { expect, test, vi } from 'vitest';
import { createBandwidth } from '../../../src/worker/transfer/bandwidth.ts';

const waits = vi.hoisted((): number[] => []);
vi.mock('node:timers/promises', () => ({ setTimeout: async (waitMs: number) => void waits.push(waitMs) }));

const signal = new AbortController().signal;

/** How long each of these takes must wait, with a clock that stands still. */
async function waitsFor(takes: readonly number[], bytesPerSecond = 1000): Promise<number[]> {
  waits.length = 0;
  const bandwidth = createBandwidth(bytesPerSecond, { now: () => 0 });
  for (const bytes of takes) await bandwidth.take(bytes, signal);
  return [...waits];
}

test('all transfers together get the rate', async () => {
  expect(await waitsFor([1000, 1000, 500])).toEqual([1000, 2000, 2500]);
});

test('time in which nothing was taken is saved up for a tenth of a second only', async () => {
  waits.length = 0;
  let now = 0;
  const bandwidth = createBandwidth(1000, { now: () => now });
  now = 60_000;
  await bandwidth.take(100, signal);
  await bandwidth.take(1000, signal);
  expect(waits).toEqual([1000]);
});
