import { expect, test } from 'vitest';
import { type ObservedEnd, observedDurationMs } from '../../../src/worker/polling/observed-duration.ts';

const OBSERVED: ObservedEnd = {
  createTimeMs: 1_000_000,
  completeTimeMs: 1_025_000,
  submittedAt: 5_000_000,
  runningAt: 5_020_000,
  endedBefore: 5_030_000,
};

test.each<[string, Partial<ObservedEnd>, number]>([
  ["the record's two instants, whatever its clock says", {}, 25_000],
  ['the middle between two polls without them', { completeTimeMs: null }, 25_000],
  ['the middle of the whole time without an earlier poll', { createTimeMs: null, runningAt: null }, 15_000],
  ['the middle when the record is in seconds', { createTimeMs: 1_000, completeTimeMs: 1_025 }, 25_000],
  ['the middle when the record says longer than we waited', { completeTimeMs: 1_900_000 }, 25_000],
  ['the middle when the record ends before it starts', { completeTimeMs: 1 }, 25_000],
  [
    'nothing negative when our own clock stepped back',
    { createTimeMs: null, runningAt: null, endedBefore: 1 },
    0,
  ],
])('%s', (_, rest, expected) => {
  expect(observedDurationMs({ ...OBSERVED, ...rest })).toBe(expected);
});
