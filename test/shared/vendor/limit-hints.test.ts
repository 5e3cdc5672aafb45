import { describe, expect, test } from 'vitest';
import { limitHints, retryAfterMs } from '../../../src/shared/vendor/limit-hints.ts';

const DATE = 'Tue, 01 Sep 2026 12:00:00 GMT';
const DATE_MS = Date.parse(DATE);
const TEN_SECONDS_LATER = 'Tue, 01 Sep 2026 12:00:10 GMT';

describe('Retry-After', () => {
  test.each<[string, Record<string, string>, number | undefined, number | undefined]>([
    ['whole seconds', { 'retry-after': '7' }, undefined, 7_000],
    ['parts of a second', { 'retry-after': '0.25' }, undefined, 250],
    [
      "a date, by the server's clock",
      { 'retry-after': TEN_SECONDS_LATER, date: DATE },
      DATE_MS + 99_000,
      10_000,
    ],
    ['a date, by our clock', { 'retry-after': TEN_SECONDS_LATER }, DATE_MS + 4_000, 6_000],
    ['a date and no clock', { 'retry-after': TEN_SECONDS_LATER }, undefined, undefined],
    ['a date gone by', { 'retry-after': DATE, date: TEN_SECONDS_LATER }, undefined, undefined],
    ['zero, which says nothing', { 'retry-after': '0' }, undefined, undefined],
    ['negative', { 'retry-after': '-5' }, undefined, undefined],
    ['words', { 'retry-after': 'soon' }, undefined, undefined],
    ['empty', { 'retry-after': ' ' }, undefined, undefined],
    ['absurdly long', { 'retry-after': '99999999999' }, undefined, undefined],
    ['absent', {}, 0, undefined],
  ])('%s', (_, headers, receivedAtMs, expected) => {
    expect(retryAfterMs(headers, receivedAtMs)).toBe(expected);
  });
});

test('the limit headers are handed on and no other', () => {
  const headers = {
    date: DATE,
    'retry-after': '1',
    ratelimit: 'limit=20',
    'ratelimit-policy': '20;w=10',
    'x-ratelimit-remaining': ['3', '4'],
    'set-cookie': ['secret'],
    'x-ratelimited': 'other',
  };
  expect(limitHints(headers)).toEqual({
    date: DATE,
    'retry-after': '1',
    ratelimit: 'limit=20',
    'ratelimit-policy': '20;w=10',
    'x-ratelimit-remaining': '3',
  });
});
