/** The pure parts of the pages: escaping, the one sentence, the time line, ranges of a video. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from '../../src/server/dashboard/html.ts';
import { noticeOf } from '../../src/server/dashboard/notices.ts';
import { answerForFile, keyOfFile, readRange } from '../../src/server/readings/stored-file.ts';
import { groupKey } from '../../src/shared/ledger/search/failure-groups.ts';
import { roughly } from '../../src/shared/wording/format.ts';

describe('html', () => {
  it('shows text as text, whatever it contains', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const shown = html`<p title="${text}">${text}</p>`.text.slice('<p title="'.length, -'</p>'.length);
        expect(shown.replaceAll('">', '')).not.toMatch(/[<>"']/);
      }),
    );
  });

  it('keeps what is HTML already, joins lists and leaves out what is nothing', () => {
    expect(html`<ul>${['a', 'b'].map((each) => html`<li>${each}</li>`)}${null}${false}</ul>`.text).toBe(
      '<ul><li>a</li><li>b</li></ul>',
    );
  });
});

describe('a range of a video', () => {
  it.each([
    [undefined, null],
    ['bytes=0-', { first: 0, last: 99 }],
    ['bytes=10-19', { first: 10, last: 19 }],
    ['bytes=90-200', { first: 90, last: 99 }],
    ['bytes=-5', { first: 95, last: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=20-10', null],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=0-1,5-6', null],
    ['lines=1-2', null],
  ] as const)('asked for as %s', (header, range) => {
    expect(readRange(header, 100)).toEqual(range);
  });
});

describe('a video', () => {
  const stored = { bytes: 100, modifiedAt: Date.UTC(2026, 10, 22, 18) };
  const plain = { method: 'GET', range: undefined, ifRange: undefined, ifNoneMatch: undefined };
  const { etag = '' } = answerForFile(plain, stored).headers;
  const tag = String(etag);
  const range = 'bytes=10-19';
  it.each([
    ['whole', {}, 200, 'whole'],
    ['from a point on', { range }, 206, { first: 10, last: 19 }],
    ['the same as before', { range, ifRange: tag }, 206, { first: 10, last: 19 }],
    ['as of its date', { range, ifRange: 'Sun, 22 Nov 2026 18:00:00 GMT' }, 206, { first: 10, last: 19 }],
    ['changed since', { range, ifRange: '"other"' }, 200, 'whole'],
    ['known weakly, which is not enough', { range, ifRange: `W/${tag}` }, 200, 'whole'],
    ['beyond its end', { range: 'bytes=100-' }, 416, 'nothing'],
    ['known already', { ifNoneMatch: `"x", W/${tag}` }, 304, 'nothing'],
    ['for its size alone', { method: 'HEAD', range }, 200, 'nothing'],
  ] as const)('asked for %s', (_name, asked, status, send) => {
    const answer = answerForFile({ ...plain, ...asked }, stored);
    expect([answer.status, answer.send]).toEqual([status, send]);
  });

  it('says which bytes it sends', () => {
    expect(answerForFile({ ...plain, range }, stored).headers).toMatchObject({
      'content-range': 'bytes 10-19/100',
      'content-length': 10,
    });
    expect(answerForFile({ ...plain, range: 'bytes=100-' }, stored).headers).toMatchObject({
      'content-range': 'bytes */100',
    });
  });
});

describe('the key of a stored file', () => {
  const storage = { locate: (key: string) => `/videos/${key}` };
  it.each([
    ['/videos/b/x.mp4', 'b/x.mp4'],
    ['/etc/passwd', null],
    ['/videos/../etc/passwd', null],
    ['/videos/', null],
    ['s3://bucket/b/x.mp4', null],
  ])('of %s', (file, key) => {
    expect(keyOfFile(file, storage)).toBe(key);
  });
});

it('failures that differ only in numbers and ids are one group', () => {
  expect(groupKey('given up after 8 tries: task ee9c2715375b7837f8bb51d641ff5863 is gone')).toBe(
    groupKey('given up after 12 tries: task 0011223344556677889900aabbccddee is gone'),
  );
});

it.each([
  [{}, null],
  [{ done: 'retried', n: '3' }, '3 links will be retried.'],
  [{ done: 'retried', n: '1' }, '1 link will be retried.'],
  [{ done: '<script>', n: '1' }, null],
])('a page says only what it knows: %o', (query, message) => {
  expect(noticeOf(query)).toBe(message);
});

it.each([
  [3000, 'a few seconds'],
  [42_000, 'about 40 s'],
  [1_560_000, 'about 26 min'],
  [9_000_000, 'about 2 h 30 min'],
  [400_000_000, 'about 5 days'],
])('%i ms are roughly %s', (ms, message) => {
  expect(roughly(ms)).toBe(message);
});
