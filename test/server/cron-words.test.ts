import { expect, it } from 'vitest';
import { cronWords } from '../../src/server/dashboard/cron-words.ts';

it.each([
  ['*/15 * * * *', 'every 15 minutes'],
  ['0 * * * *', 'every hour'],
  ['5 * * * *', 'every hour at minute 5'],
  ['0 6 * * 1-5', 'at 06:00 from Monday to Friday'],
  ['30 6,18 * * *', 'at 06:30, 18:30'],
  ['0 7 * * sun', 'at 07:00 on Sunday'],
  ['0 0 1 * *', 'at 00:00 on day 1 of the month'],
  ['0 */4 * * *', 'every 4 hours at minute 0'],
  ['@daily', 'every day at 00:00'],
  ['0 0 1 1 *', null],
  ['0 0 1 * 1', null],
  ['1-5 * * * *', null],
])('%s in words', (cron, message) => {
  expect(cronWords(cron)).toBe(message);
});
