/** What the gate of queries starts from. */
import { expect, it } from 'vitest';
import { queryGateLimit } from '../../../src/worker/gate/query-limit.ts';

it.each([
  ['the published limit', { max: 20, windowMs: 10_000 }, 100],
  ['a larger account', { max: 60, windowMs: 1000 }, 300],
  ['an odd rate', { max: 1000, windowMs: 7000 }, 715],
])('follows from the submit rate of %s and is learned in both directions', (_, SUBMIT_LIMIT, max) => {
  expect(queryGateLimit({ QUERY_LIMIT: 'auto', SUBMIT_LIMIT })).toEqual({
    limit: { max, windowMs: 1000 },
    learn: 'both',
  });
});

it('is never above what a person has set', () => {
  const QUERY_LIMIT = { max: 7, windowMs: 3000 };
  expect(queryGateLimit({ QUERY_LIMIT, SUBMIT_LIMIT: { max: 60, windowMs: 1000 } })).toEqual({
    limit: QUERY_LIMIT,
    learn: 'down',
  });
});
