import { expect, test } from 'vitest';
import { judgeUrl } from '../../../src/shared/outgoing/url-rules.ts';

const strict = { allowPrivateAddresses: false };
const lenient = { allowPrivateAddresses: true };

test('an https URL with a name is allowed', () => {
  expect(judgeUrl('https://files.example/a.mp4?x=1', strict)).toHaveProperty('url');
});

test.each([
  ['http://files.example/a.mp4', 'the scheme http: is not allowed'],
  ['ftp://files.example/a.mp4', 'the scheme ftp: is not allowed'],
  ['file:///etc/passwd', 'the scheme file: is not allowed'],
  ['data:video/mp4,x', 'the scheme data: is not allowed'],
  ['https://user:pass@files.example/a.mp4', 'a URL with a user name is not allowed'],
  ['https://127.0.0.1/a.mp4', '127.0.0.1 is not a public address (loopback)'],
  ['https://2130706433/a.mp4', '127.0.0.1 is not a public address (loopback)'],
  ['https://0x7f.1/a.mp4', '127.0.0.1 is not a public address (loopback)'],
  ['https://[::1]/a.mp4', '::1 is not a public address (loopback)'],
  ['https://[::ffff:10.0.0.1]/a.mp4', '::ffff:a00:1 is not a public address (private)'],
  ['not a url', 'not a URL'],
  ['', 'not a URL'],
])('%s is refused: %s', (url, refusal) => {
  expect(judgeUrl(url, strict)).toEqual({ refusal });
});

test('http and private addresses are allowed together, metadata and other schemes never', () => {
  expect(judgeUrl('http://127.0.0.1:8080/a.mp4', lenient)).toHaveProperty('url');
  expect(judgeUrl('http://169.254.169.254/latest', lenient)).toHaveProperty('refusal');
  expect(judgeUrl('http://168.63.129.16/metadata', lenient)).toHaveProperty('refusal');
  for (const host of ['metadata.google.internal', 'Metadata.Google.Internal.', 'metadata', 'metadata.goog'])
    expect(judgeUrl(`http://${host}/computeMetadata/v1/`, lenient)).toHaveProperty('refusal');
  expect(judgeUrl('file:///etc/passwd', lenient)).toHaveProperty('refusal');
});

test('a relative location of a redirect is read against where it came from', () => {
  expect(judgeUrl('../b.mp4', strict, new URL('https://files.example/x/a.mp4'))).toEqual({
    url: new URL('https://files.example/b.mp4'),
  });
});
