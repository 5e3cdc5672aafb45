/** What the batches of a schedule are called. */
import { describe, expect, it } from 'vitest';
import { renderBatchName } from '../../../src/producer/schedules/batch-template.ts';

const at = Date.parse('2026-11-22T23:05:00Z');

describe('a batch template', () => {
  it.each([
    ['{name}-{date}', 'UTC', 'news-2026-11-22'],
    ['{name}-{date}', 'Europe/Berlin', 'news-2026-11-23'],
    ['{date}T{time}', 'Europe/Berlin', '2026-11-23T0005'],
    ['always', 'UTC', 'always'],
  ])('%s in %s becomes %s', (template, timeZone, expected) => {
    expect(renderBatchName(template, { name: 'news', at, timeZone })).toBe(expected);
  });

  it.each([
    ['{name}-{day}', /"\{day\}" is not allowed in a batch template; use \{name\}, \{date\}, \{time\}/],
    ['{name}/{date}', /is not a valid batch name/],
    ['-{date}', /is not a valid batch name/],
    ['', /is not a valid batch name/],
  ])('%j is refused with the reason', (template, reason) => {
    expect(() => renderBatchName(template, { name: 'news', at, timeZone: 'UTC' })).toThrow(reason);
  });
});
