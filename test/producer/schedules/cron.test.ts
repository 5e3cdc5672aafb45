/** When a schedule is due, above all when the clocks change. Times on the left are UTC. */
import { describe, expect, it } from 'vitest';
import { checkCron, nextTickAt, nextTicks } from '../../../src/producer/schedules/cron.ts';

const berlin = 'Europe/Berlin';

function ticks(cron: string, zone: string, after: string, count: number): string[] {
  return nextTicks(cron, zone, Date.parse(after), count).map((at) => new Date(at).toISOString().slice(5, 16));
}

describe('a schedule is due', () => {
  it.each([
    ['*/15 * * * *', 'UTC', '2026-11-22T17:01:00Z', ['11-22T17:15', '11-22T17:30']],
    ['0 6 * * 1-5', berlin, '2026-11-20T12:00:00Z', ['11-23T05:00', '11-24T05:00']],
    ['@daily', berlin, '2026-11-22T12:00:00Z', ['11-22T23:00', '11-23T23:00']],
    ['0 0 29 2 *', 'UTC', '2026-11-22T12:00:00Z', ['02-29T00:00']],
  ])('%s in %s', (cron, zone, after, expected) => {
    expect(ticks(cron, zone, after, expected.length)).toEqual(expected);
  });

  it('not again at the instant it was due', () => {
    expect(ticks('0 * * * *', 'UTC', '2026-11-22T17:00:00Z', 1)).toEqual(['11-22T18:00']);
  });

  it('with seconds where six fields are given', () => {
    const after = Date.parse('2026-11-22T17:00:00Z');
    expect(nextTickAt('*/10 * * * * *', 'UTC', after)).toBe(after + 10_000);
  });
});

describe('when the clocks go forward', () => {
  it.each([
    // Berlin: at 01:00 UTC on 29 March, 02:00 becomes 03:00.
    [
      'a time that is left out comes right after the gap',
      '30 2 * * *',
      berlin,
      '2026-03-28T23:50:00Z',
      ['03-29T01:30', '03-30T00:30'],
    ],
    [
      'the first time after the gap comes once',
      '0 3 * * *',
      berlin,
      '2026-03-28T23:50:00Z',
      ['03-29T01:00', '03-30T01:00'],
    ],
    [
      'quarters of an hour continue in real time',
      '*/15 * * * *',
      berlin,
      '2026-03-29T00:30:00Z',
      ['03-29T00:45', '03-29T01:00', '03-29T01:15'],
    ],
    [
      'hours continue in real time',
      '0 * * * *',
      berlin,
      '2026-03-28T23:50:00Z',
      ['03-29T00:00', '03-29T01:00', '03-29T02:00'],
    ],
    // New York: at 07:00 UTC on 8 March, 02:00 becomes 03:00.
    [
      'on the other side of the ocean too',
      '30 2 * * *',
      'America/New_York',
      '2026-03-08T05:00:00Z',
      ['03-08T07:30', '03-09T06:30'],
    ],
    // Cairo: at 22:00 UTC on 23 April, midnight becomes 01:00.
    [
      'where it happens at midnight, a day is not left out',
      '30 0 * * *',
      'Africa/Cairo',
      '2026-04-22T23:00:00Z',
      ['04-23T22:30', '04-24T21:30'],
    ],
    [
      'nor is midnight itself',
      '0 0 * * *',
      'Africa/Cairo',
      '2026-04-22T23:00:00Z',
      ['04-23T22:00', '04-24T21:00'],
    ],
    // Lord Howe: at 15:30 UTC on 3 October, 02:00 becomes 02:30.
    [
      'where it is half an hour, a day is not left out',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T12:00:00Z',
      ['10-03T15:45', '10-04T15:15'],
    ],
  ])('%s', (_what, cron, zone, after, expected) => {
    expect(ticks(cron, zone, after, expected.length)).toEqual(expected);
  });
});

describe('when the clocks go back', () => {
  it.each([
    // Berlin: at 01:00 UTC on 25 October, 03:00 becomes 02:00.
    [
      'a time that comes twice is due once',
      '30 2 * * *',
      berlin,
      '2026-10-24T23:50:00Z',
      ['10-25T00:30', '10-26T01:30'],
    ],
    [
      'the time after comes once',
      '0 3 * * *',
      berlin,
      '2026-10-24T23:50:00Z',
      ['10-25T02:00', '10-26T02:00'],
    ],
    [
      'quarters of an hour continue in real time',
      '*/15 * * * *',
      berlin,
      '2026-10-25T00:30:00Z',
      ['10-25T00:45', '10-25T01:00', '10-25T01:15', '10-25T01:30', '10-25T01:45', '10-25T02:00'],
    ],
    [
      'hours continue in real time',
      '0 * * * *',
      berlin,
      '2026-10-24T23:50:00Z',
      ['10-25T00:00', '10-25T01:00', '10-25T02:00'],
    ],
    [
      'on the other side of the ocean too',
      '30 1 * * *',
      'America/New_York',
      '2026-11-01T04:00:00Z',
      ['11-01T05:30', '11-02T06:30'],
    ],
    [
      'where it is half an hour',
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T12:00:00Z',
      ['04-04T14:45', '04-05T15:15'],
    ],
  ])('%s', (_what, cron, zone, after, expected) => {
    expect(ticks(cron, zone, after, expected.length)).toEqual(expected);
  });
});

describe('through a whole year', () => {
  it.each([berlin, 'America/Santiago', 'Africa/Cairo', 'Australia/Lord_Howe', 'Pacific/Chatham'])(
    'a daily schedule runs once on every day in %s',
    (zone) => {
      for (const cron of ['30 0 * * *', '0 0 * * *', '15 2 * * *', '30 2 * * *', '59 23 * * *']) {
        const from = Date.parse('2026-01-01T12:00:00Z');
        const found = nextTicks(cron, zone, from, 365);
        const days = found.map((at) => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(at));
        expect(new Set(days).size).toBe(365);
        const spans = found.slice(1).map((at, index) => at - (found[index] ?? 0));
        expect(Math.max(...spans)).toBeLessThanOrEqual(25.5 * 3_600_000);
      }
    },
  );
});

describe('what is no schedule', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');

  it.each([
    ['61 * * * *', 'UTC', /0-59/],
    ['hello', 'UTC', /five fields/],
    ['', 'UTC', /five fields/],
    ['* * *', 'UTC', /five fields/],
    ['0 0 30 2 *', 'UTC', /"0 0 30 2 \*" is not a cron expression/],
    ['@fortnightly', 'UTC', /five fields/],
    ['* * * * *', 'Europe/Nowhere', /"Europe\/Nowhere" is not a time zone; use one like Europe\/Berlin/],
    ['* * * * *', '+02:00', /is not a time zone/],
  ])('%j in %j is refused with the reason', (cron, zone, reason) => {
    expect(() => checkCron(cron, zone, now)).toThrow(reason);
  });
});
