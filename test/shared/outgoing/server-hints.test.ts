/** The limit headers in all forms that servers use, against the answer's own date. */
import { describe, expect, test } from 'vitest';
import {
  type HintHeaders,
  readServerHints,
  type ServerHints,
} from '../../../src/shared/outgoing/server-hints.ts';

const date = 'Sun, 22 Nov 2026 12:00:00 GMT';
const dateSeconds = Date.parse(date) / 1000;

const rows: { name: string; headers: HintHeaders; hints: ServerHints }[] = [
  { name: 'no headers', headers: {}, hints: {} },
  { name: 'Retry-After in seconds', headers: { 'retry-after': '7' }, hints: { retryAfterMs: 7000 } },
  { name: 'Retry-After with a fraction', headers: { 'retry-after': '0.25' }, hints: { retryAfterMs: 250 } },
  {
    name: 'Retry-After as a date, against the answer’s own',
    headers: { date, 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' },
    hints: { retryAfterMs: 30_000 },
  },
  { name: 'Retry-After zero says nothing', headers: { 'retry-after': '0' }, hints: {} },
  {
    name: 'a date in the past says nothing',
    headers: { date, 'retry-after': 'Sun, 22 Nov 2026 11:59:00 GMT' },
    hints: {},
  },
  { name: 'a negative span says nothing', headers: { date, 'retry-after': '-5' }, hints: {} },
  { name: 'an unreadable span says nothing', headers: { date, 'retry-after': 'soon' }, hints: {} },
  {
    name: 'a Retry-After of a year counts as a day',
    headers: { 'retry-after': '31536000' },
    hints: { retryAfterMs: 86_400_000 },
  },
  { name: 'a reset in a year is noise', headers: { 'ratelimit-reset': '31536000' }, hints: {} },
  { name: 'an empty Retry-After says nothing', headers: { 'retry-after': ' ' }, hints: {} },
  {
    name: 'of a repeated header the first counts',
    headers: { 'x-ratelimit-remaining': ['3', '4'] },
    hints: { remaining: 3 },
  },
  {
    name: 'RateLimit fields one by one',
    headers: {
      'ratelimit-limit': '20, 20;w=10',
      'ratelimit-remaining': '3',
      'ratelimit-reset': '4',
    },
    hints: { limit: 20, windowMs: 10_000, remaining: 3, resetAfterMs: 4000 },
  },
  {
    name: 'RateLimit as one list with a policy',
    headers: { ratelimit: 'limit=20, remaining=0, reset=8', 'ratelimit-policy': '20;w=10' },
    hints: { limit: 20, windowMs: 10_000, remaining: 0, resetAfterMs: 8000 },
  },
  {
    name: 'RateLimit with named policies, the shortest window paces',
    headers: {
      ratelimit: '"burst";r=5;t=2',
      'ratelimit-policy': '"day";q=5000;w=86400, "burst";q=20;w=10',
    },
    hints: { limit: 20, windowMs: 10_000, remaining: 5, resetAfterMs: 2000 },
  },
  {
    name: 'X-RateLimit with the instant in seconds',
    headers: { date, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(dateSeconds + 9) },
    hints: { remaining: 0, resetAfterMs: 9000 },
  },
  {
    name: 'X-RateLimit with the instant in milliseconds',
    headers: { date, 'x-ratelimit-reset': String(dateSeconds * 1000 + 1500) },
    hints: { resetAfterMs: 1500 },
  },
  {
    name: 'X-RateLimit with a span',
    headers: { date, 'x-ratelimit-reset': '9' },
    hints: { resetAfterMs: 9000 },
  },
  {
    name: 'X-RateLimit with a date',
    headers: { date, 'x-ratelimit-reset': '2026-11-22T12:00:05Z' },
    hints: { resetAfterMs: 5000 },
  },
  {
    name: 'a limit without its window says nothing',
    headers: { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999' },
    hints: { remaining: 4999 },
  },
];

describe('server hints', () => {
  test.each(rows)('$name', ({ headers, hints }) => {
    expect(readServerHints(headers)).toEqual(hints);
  });

  test('without a Date header, dates are measured from the reception', () => {
    const headers = { 'retry-after': date };
    expect(readServerHints(headers)).toEqual({});
    expect(readServerHints(headers, Date.parse(date) - 2000)).toEqual({ retryAfterMs: 2000 });
  });
});
