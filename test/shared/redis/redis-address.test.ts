/** The forms of REDIS_URL, and that a password never shows in what people read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RedisAddress } from '../../../src/shared/redis/redis-address.ts';
import { describeAddress, parseRedisUrl } from '../../../src/shared/redis/redis-address.ts';
import { RedisUnusableError } from '../../../src/shared/redis/redis-unusable-error.ts';

const single = { kind: 'single', host: 'host', port: 6379, tls: false, db: 0 } as const;
const sentinels = [
  { host: 'a', port: 26379 },
  { host: 'b', port: 1 },
];

const forms: [url: string, address: RedisAddress][] = [
  ['redis://host', single],
  ['redis://host:6380', { ...single, port: 6380 }],
  [' redis://host/ ', single],
  ['redis://host/3', { ...single, db: 3 }],
  ['rediss://host', { ...single, tls: true }],
  ['REDIS://host', single],
  ['redis://user:p%40ss@host', { ...single, username: 'user', password: 'p@ss' }],
  ['redis://:a:b@host', { ...single, password: 'a:b' }],
  ['redis://secret@host', { ...single, password: 'secret' }],
  ['redis://:p@ss@host', { ...single, password: 'p@ss' }],
  ['redis://[::1]:7000', { ...single, host: '::1', port: 7000 }],
  ['unix:///run/redis.sock', { kind: 'socket', path: '/run/redis.sock', db: 0 }],
  ['unix:///run/with%20blank.sock?db=2', { kind: 'socket', path: '/run/with blank.sock', db: 2 }],
  ['redis+unix://:pw@/run/r.sock', { kind: 'socket', path: '/run/r.sock', db: 0, password: 'pw' }],
  ['/run/redis.sock', { kind: 'socket', path: '/run/redis.sock', db: 0 }],
  ['redis-sentinel://a,b:1/main', { kind: 'sentinel', sentinels, name: 'main', tls: false, db: 0 }],
  [
    'rediss-sentinel://u:p@a,b:1/main/4?sentinelPassword=q',
    {
      kind: 'sentinel',
      sentinels,
      name: 'main',
      tls: true,
      db: 4,
      username: 'u',
      password: 'p',
      sentinelPassword: 'q',
    },
  ],
  [
    'redis-cluster://a:7000,b:7001',
    {
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
      ],
      tls: false,
    },
  ],
  [
    'rediss-cluster://:p@a',
    { kind: 'cluster', nodes: [{ host: 'a', port: 6379 }], tls: true, password: 'p' },
  ],
];

const mistakes = [
  '',
  'localhost:6379',
  'http://host',
  'redis://',
  'redis://host:0',
  'redis://host:70000',
  'redis://host/db',
  'redis://a,b',
  'redis://host/1/2',
  'redis://h%st:x@host%zz',
  'redis://:%@host',
  'unix://',
  'redis-sentinel://a:26379',
  'redis-sentinel:///main',
  'redis-cluster://',
  'redis-cluster://a/1',
];

describe('REDIS_URL', () => {
  it.each(forms)('%s is understood', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address);
  });

  it.each(mistakes)('"%s" is refused in one line that lists the forms', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(RedisUnusableError);
    expect(() => parseRedisUrl(url)).toThrow(/^REDIS_URL [^\n]+redis-cluster:\/\/[^\n]+$/);
  });

  it('never shows its password, whether it can be read or not', () => {
    const schemes = ['redis', 'rediss', 'unix', 'redis-sentinel', 'redis-cluster', 'http'];
    const rests = ['host', 'host:0', 'a,b/main', '/run/x.sock', 'host/%zz', ''];
    fc.assert(
      fc.property(
        fc.constantFrom(...schemes),
        fc.constantFrom(...rests),
        fc.string(),
        (scheme, rest, noise) => {
          const password = `s3cret${encodeURIComponent(noise.toWellFormed())}w0rd`;
          const said = whatIsSaid(`${scheme}://us3r:${password}@${rest}`);
          expect(said).not.toContain(password);
          expect(said).not.toContain('us3r');
        },
      ),
    );
  });
});

function whatIsSaid(url: string): string {
  try {
    return describeAddress(parseRedisUrl(url));
  } catch (error) {
    return String(error);
  }
}
