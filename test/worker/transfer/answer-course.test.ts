import { expect, test } from 'vitest';
import {
  type AnswerCourse,
  type Held,
  judgeAnswer,
  rangeHeaders,
} from '../../../src/worker/transfer/answer-course.ts';

const now = Date.UTC(2026, 8, 1, 12, 0, 0);
const none: Held = { identity: undefined, bytes: 0 };
const half: Held = { identity: { validator: '"v1"', totalBytes: 100 }, bytes: 50 };
const halfOfUnknown: Held = { identity: { validator: '"v1"', totalBytes: undefined }, bytes: 50 };

test('only what has a validator is asked to continue', () => {
  expect(rangeHeaders(none)).toEqual({});
  expect(rangeHeaders({ identity: { validator: undefined, totalBytes: 100 }, bytes: 50 })).toEqual({});
  expect(rangeHeaders({ ...half, bytes: 0 })).toEqual({});
  expect(rangeHeaders(half)).toEqual({ range: 'bytes=50-', 'if-range': '"v1"' });
});

const startOver = (message: string) => ({ course: 'start-over', message });
const unreadable = startOver('a 206 without a usable Content-Range');

test.each<[string, number, Record<string, string>, Held, Partial<AnswerCourse> | object]>([
  [
    'all',
    200,
    { 'content-length': '100', etag: '"v1"' },
    none,
    { course: 'receive-all', identity: { validator: '"v1"', totalBytes: 100 } },
  ],
  [
    'all, although the rest was asked for',
    200,
    { 'content-length': '90', etag: '"v2"' },
    half,
    { course: 'receive-all', identity: { validator: '"v2"', totalBytes: 90 } },
  ],
  [
    'all, of unknown length',
    200,
    { etag: '"v1"', 'transfer-encoding': 'chunked', 'content-length': '9' },
    none,
    { identity: { validator: '"v1"', totalBytes: undefined } },
  ],
  [
    'all, with a weak ETag',
    200,
    {
      etag: 'W/"v1"',
      'last-modified': 'Tue, 01 Sep 2026 00:00:00 GMT',
      date: 'Tue, 01 Sep 2026 12:00:00 GMT',
    },
    none,
    { identity: { validator: undefined } },
  ],
  [
    'all, with an ETag that goes on after its quotes',
    200,
    { etag: '"v1"x' },
    none,
    { identity: { validator: undefined } },
  ],
  ['all, with nothing to know it by', 200, {}, none, { identity: { validator: undefined } }],
  [
    'all, with an old date',
    200,
    { 'last-modified': 'Tue, 01 Sep 2026 11:59:00 GMT', date: 'Tue, 01 Sep 2026 12:00:00 GMT' },
    none,
    { identity: { validator: 'Tue, 01 Sep 2026 11:59:00 GMT' } },
  ],
  [
    'all, with a date too young to be strong',
    200,
    { 'last-modified': 'Tue, 01 Sep 2026 11:59:30 GMT', date: 'Tue, 01 Sep 2026 12:00:00 GMT' },
    none,
    { identity: { validator: undefined } },
  ],
  [
    'all, with a date but no clock',
    200,
    { 'last-modified': 'Tue, 01 Sep 2026 00:00:00 GMT' },
    none,
    { identity: { validator: undefined } },
  ],
  [
    'all, with a length that is no number',
    200,
    { 'content-length': '1e3' },
    none,
    { identity: { totalBytes: undefined } },
  ],
  [
    'the rest',
    206,
    { 'content-range': 'bytes 50-99/100', etag: '"v1"' },
    half,
    { course: 'receive-rest', identity: half.identity },
  ],
  [
    'the rest, without an ETag',
    206,
    { 'content-range': 'bytes 50-99/100' },
    half,
    { course: 'receive-rest' },
  ],
  [
    'the rest, total not told',
    206,
    { 'content-range': 'bytes 50-99/*' },
    half,
    { course: 'receive-rest', identity: half.identity },
  ],
  [
    'the rest, total first told now',
    206,
    { 'content-range': 'bytes 50-99/100' },
    halfOfUnknown,
    { course: 'receive-rest', identity: { validator: '"v1"', totalBytes: 100 } },
  ],
  [
    'another range than asked for',
    206,
    { 'content-range': 'bytes 0-99/100' },
    half,
    startOver('requested the rest from 50, received it from 0'),
  ],
  [
    'a range that stops early',
    206,
    { 'content-range': 'bytes 50-80/100' },
    half,
    startOver('a 206 that stops before the end'),
  ],
  [
    'the rest of something longer',
    206,
    { 'content-range': 'bytes 50-109/110' },
    half,
    startOver('the result had 100 bytes and has 110 now'),
  ],
  [
    'the rest of something else',
    206,
    { 'content-range': 'bytes 50-99/100', etag: '"v2"' },
    half,
    startOver('the result has changed'),
  ],
  ['a range without saying which', 206, {}, half, unreadable],
  ['a range in other words', 206, { 'content-range': 'x bytes 50-99/100' }, half, unreadable],
  ['a range with more after it', 206, { 'content-range': 'bytes 50-99/100 x' }, half, unreadable],
  ['several ranges', 206, { 'content-type': 'multipart/byteranges; boundary=x' }, half, unreadable],
  ['a range nobody asked for', 206, { 'content-range': 'bytes 0-49/100' }, none, unreadable],
  [
    'the rest of what had no validator',
    206,
    { 'content-range': 'bytes 50-99/100', etag: '"v2"' },
    { identity: { validator: undefined, totalBytes: 100 }, bytes: 50 },
    { course: 'receive-rest' },
  ],
  ['nothing more to give', 416, { 'content-range': 'bytes */50' }, halfOfUnknown, { course: 'complete' }],
  [
    'nothing to give, it is shorter now',
    416,
    { 'content-range': 'bytes */40' },
    half,
    startOver('HTTP 416 for the rest from 50 of 40 bytes'),
  ],
  ...['', 'x bytes */50', 'bytes */50x'].map(
    (given): [string, number, Record<string, string>, Held, object] => [
      `nothing to give, without saying why: "${given}"`,
      416,
      given === '' ? {} : { 'content-range': given },
      half,
      startOver('HTTP 416 for the rest from 50 of an unknown number of bytes'),
    ],
  ),
  ['forbidden', 403, {}, half, { course: 'expired', httpStatus: 403 }],
  ['not found', 404, {}, half, { course: 'expired', httpStatus: 404 }],
  ['gone', 410, {}, half, { course: 'expired', httpStatus: 410 }],
  [
    'too many requests',
    429,
    { 'retry-after': '7' },
    half,
    { course: 'host-unavailable', retryAfterMs: 7000 },
  ],
  [
    'an overloaded host',
    503,
    { 'retry-after': 'Tue, 01 Sep 2026 12:00:09 GMT' },
    half,
    { course: 'host-unavailable', retryAfterMs: 9000 },
  ],
  [
    'a server error',
    500,
    {},
    half,
    { course: 'host-unavailable', message: 'the result host answered HTTP 500' },
  ],
  ['no content', 204, {}, none, { course: 'retry' }],
  ['a redirect that leads nowhere', 302, {}, none, { course: 'retry' }],
])('%s', (_, status, headers, held, course) => {
  expect(judgeAnswer({ status, headers }, held, now)).toMatchObject(course);
});

test('a wait that the host does not ask for is not there', () => {
  expect(judgeAnswer({ status: 500, headers: {} }, none, now)).not.toHaveProperty('retryAfterMs');
});
