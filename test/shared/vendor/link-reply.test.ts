/** What the answer to a request for a download link means: none of it may stop the account for want of a link. */
import { describe, expect, it } from 'vitest';
import { parseLinkReply } from '../../../src/shared/vendor/link-reply.ts';

const link = 'https://tempfile.example/m.mp4?token=1';

describe('the answer to a request for a link', () => {
  it.each([
    ['a link', { code: 200, msg: 'success', data: link }, 200, { kind: 'link', url: link }],
    ['a link in a field', { code: 200, data: { downloadUrl: link } }, 200, { kind: 'link', url: link }],
    ['a link in the other field', { code: 200, data: { url: link } }, 200, { kind: 'link', url: link }],
    [
      'a success without a link',
      { code: 200, data: null },
      200,
      { kind: 'no-link', message: 'Code 200 without a link' },
    ],
    ['no web address', { code: 200, data: 'file:///etc/passwd' }, 200, { kind: 'no-link' }],
    ['a URL that is not the vendor’s', { code: 422, msg: 'unsupported' }, 200, { kind: 'no-link' }],
    ['a request that is malformed', { code: 400, msg: 'bad' }, 200, { kind: 'no-link', message: 'bad' }],
    ['a redirect', '', 302, { kind: 'no-link' }],
    ['no such endpoint', { code: 404, msg: 'Not found' }, 200, { kind: 'no-link' }],
    ['no such endpoint, as a page', '<html>', 404, { kind: 'no-link' }],
    ['the limit', { code: 429, msg: 'Rate limit exceeded' }, 200, { kind: 'throttled' }],
    ['a refused key', { code: 401, msg: 'no' }, 200, { kind: 'halt', reason: 'unauthorized' }],
    ['maintenance', { code: 455, msg: 'later' }, 200, { kind: 'halt', reason: 'maintenance' }],
    ['a server error', { code: 500, msg: 'error' }, 200, { kind: 'retry' }],
    ['an edge page', '<html>', 502, { kind: 'retry' }],
  ])('is %s', (_, body, httpStatus, expected) => {
    const bodyText = typeof body === 'string' ? body : JSON.stringify(body);
    expect(parseLinkReply({ httpStatus, headers: {}, bodyText })).toMatchObject(expected);
  });
});
