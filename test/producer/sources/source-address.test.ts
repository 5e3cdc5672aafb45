/** What may be written after --source, and the one spelling it is remembered by. */
import { describe, expect, it } from 'vitest';
import { parseSourceAddress, writeSourceAddress } from '../../../src/producer/sources/source-address.ts';

const written = (text: string) => writeSourceAddress(parseSourceAddress(text, '/home/me'));

describe('the address of a source', () => {
  it.each([
    ['links.txt', 'file:/home/me/links.txt'],
    ['../lists/*.csv', 'file:/home/lists/*.csv'],
    ['file:links.txt', 'file:/home/me/links.txt'],
    ['file:///srv/a%20b.txt', 'file:/srv/a b.txt'],
    ['file:/srv/x/../links.txt', 'file:/srv/links.txt'],
    ['folder:inbox', 'folder:/home/me/inbox'],
    ['folder:/srv/inbox/', 'folder:/srv/inbox'],
    [' https://Example.com/links.csv?page=1#top ', 'https://example.com/links.csv?page=1'],
    ['http://127.0.0.1:8080/links', 'http://127.0.0.1:8080/links'],
    ['s3://lists', 's3://lists/'],
    ['s3://lists/daily/', 's3://lists/daily/'],
    ['s3://lists/daily/links.csv', 's3://lists/daily/links.csv'],
    ['s3://lists/a b.csv?region=eu-central-1', 's3://lists/a%20b.csv?region=eu-central-1'],
    [
      's3://lists/x?forcePathStyle=true&endpoint=http://127.0.0.1:9000',
      's3://lists/x?endpoint=http%3A%2F%2F127.0.0.1%3A9000&forcePathStyle=true',
    ],
  ])('%j becomes %j', (text, expected) => {
    expect(written(text)).toBe(expected);
    expect(written(expected)).toBe(expected);
  });

  it.each([
    ['s3://lists', true],
    ['s3://lists/daily/', true],
    ['s3://lists/daily', false],
  ])('%j is a prefix: %j', (text, isPrefix) => {
    expect(parseSourceAddress(text, '/')).toMatchObject({ kind: 'bucket', isPrefix });
  });

  it.each([
    ['', /it is empty/],
    ['folder:', /has no path/],
    ['ftp://host/links', /"ftp:" is unknown; use a file/],
    ['https://', /not a URL/],
    ['s3://', /s3:\/\/bucket\/key/],
    ['s3://lists/x?regoin=eu', /regoin/],
    ['file://host/share/links', /not a local file URL/],
  ])('%j is refused with the reason', (text, reason) => {
    expect(() => parseSourceAddress(text, '/')).toThrow(reason);
    expect(() => parseSourceAddress(text, '/')).toThrow(expect.objectContaining({ code: 'source-invalid' }));
  });

  it('never repeats a password in its refusal', () => {
    expect(() => parseSourceAddress('https://me:hunter2@host/links', '/')).toThrow(
      /^(?!.*hunter2).*password/,
    );
  });
});
