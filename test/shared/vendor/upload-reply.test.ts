/** What the answer to an upload means: what speaks of the file fails one link, all else waits. */
import { describe, expect, it } from 'vitest';
import { parseUploadReply } from '../../../src/shared/vendor/upload-reply.ts';

const url = 'https://tempfile.example/m.mp4';
const uploaded = { kind: 'uploaded', url };

describe('the answer to an upload', () => {
  it.each<[string, unknown, number, object]>([
    ['an address', { code: 200, data: { downloadUrl: url } }, 200, uploaded],
    ['an address by an older name', { code: 200, data: { fileUrl: url } }, 200, uploaded],
    ['an address by a short name', { code: 200, data: { downloadUrl: 7, url } }, 200, uploaded],
    ['an address without a code', { data: { downloadUrl: url } }, 200, uploaded],
    [
      'a success without an address',
      { code: 200, data: { downloadUrl: 'file:///etc' } },
      200,
      { kind: 'retry', sent: true, warn: true, message: 'Code 200 without an address' },
    ],
    ...[400, 413, 415, 422].map((code): [string, unknown, number, object] => [
      `a refusal of the file with ${code}`,
      { code, msg: 'no' },
      200,
      { kind: 'refused', message: 'no' },
    ]),
    ['a refusal of the file by a page', '<html>', 413, { kind: 'refused' }],
    ['a refused key', { code: 401, msg: 'no' }, 200, { kind: 'halt', reason: 'unauthorized', message: 'no' }],
    ['a wrong address', '<html>', 404, { kind: 'halt', reason: 'misconfigured' }],
    ['the limit', { code: 429, msg: 'slow' }, 200, { kind: 'throttled', message: 'slow' }],
    ['a server error', { code: 500, msg: 'oops' }, 200, { kind: 'retry', sent: true, message: 'oops' }],
    ['an edge page', '<html>', 502, { kind: 'retry', sent: true }],
  ])('is %s', (_, body, httpStatus, expected) => {
    const bodyText = typeof body === 'string' ? body : JSON.stringify(body);
    expect(parseUploadReply({ httpStatus, headers: {}, bodyText })).toMatchObject(expected);
  });
});
