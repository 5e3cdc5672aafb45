/** Which Redis is refused, which is warned about, and which is fine. */
import { describe, expect, it } from 'vitest';
import { readFacts } from '../../../src/shared/redis/inspect-redis.ts';
import type { RedisFacts, RedisUse } from '../../../src/shared/redis/judge-redis.ts';
import { hasHashTag, judgeRedis } from '../../../src/shared/redis/judge-redis.ts';

const good: RedisFacts = {
  product: 'redis',
  version: '7.0.15',
  mode: 'standalone',
  role: 'master',
  runsScripts: true,
  evictionPolicy: 'noeviction',
  appendOnly: true,
  appendFsync: 'everysec',
  snapshots: '',
  persistenceFails: false,
};
const alone: RedisUse = { asCluster: false, queuePrefix: '{kie-batch}' };
const cluster: RedisUse = { asCluster: true, queuePrefix: '{kie-batch}' };

type Row = [
  name: string,
  facts: Partial<RedisFacts>,
  use: RedisUse,
  refusal: RegExp | null,
  warning: RegExp | null,
];

const rows: Row[] = [
  ['an ordinary Redis', {}, alone, null, null],
  ['a Valkey', { product: 'valkey', version: '8.1.1' }, alone, null, null],
  [
    'a Dragonfly, which counts its versions from 1',
    { product: 'dragonfly', version: '1.2.0' },
    alone,
    null,
    null,
  ],
  ['Redis 5', { version: '5.0.14' }, alone, /version 5\.0\.14 is too old/, null],
  ['Redis 6.0.5, without LPOS', { version: '6.0.5' }, alone, /too old/, null],
  ['Redis 6.0.16', { version: '6.0.16' }, alone, null, /6\.2\.0 or newer is recommended/],
  ['Redis 6.2.0', { version: '6.2.0' }, alone, null, null],
  ['Redis 10.0.0', { version: '10.0.0' }, alone, null, null],
  ['allkeys-lru', { evictionPolicy: 'allkeys-lru' }, alone, /allkeys-lru deletes links/, null],
  [
    'volatile-ttl, which evicts locks',
    { evictionPolicy: 'volatile-ttl' },
    alone,
    /set it to noeviction/,
    null,
  ],
  [
    'a policy that is not told',
    { evictionPolicy: undefined },
    alone,
    null,
    /its maxmemory-policy is unknown/,
  ],
  ['nothing on disk', { appendOnly: false, snapshots: '' }, alone, null, /STORES NOTHING ON DISK/],
  ['snapshots only', { appendOnly: false, snapshots: '3600 1' }, alone, null, /snapshots only/],
  [
    'no append-only file and CONFIG forbidden',
    { appendOnly: false, snapshots: undefined },
    alone,
    null,
    /it is unknown/,
  ],
  ['appendfsync no', { appendFsync: 'no' }, alone, null, /appendfsync is no/],
  ['appendfsync not told', { appendFsync: undefined }, alone, null, null],
  ['a disk that fails', { persistenceFails: true }, alone, null, /write to disk failed/],
  ['scripts that do not run', { runsScripts: false }, alone, /run Lua scripts/, null],
  ['a replica', { role: 'replica' }, alone, /read-only replica/, null],
  ['a Sentinel', { mode: 'sentinel' }, alone, /redis-sentinel:\/\//, null],
  ['a Cluster by a redis:// URL', { mode: 'cluster' }, alone, /redis-cluster:\/\//, null],
  ['a single Redis by a redis-cluster:// URL', {}, cluster, /is not a Cluster/, null],
  ['a Cluster', { mode: 'cluster' }, cluster, null, null],
  [
    'a Cluster and a prefix without tag',
    { mode: 'cluster' },
    { ...cluster, queuePrefix: 'kie' },
    /use \{kie\}/,
    null,
  ],
  ['a single Redis and a prefix without tag', {}, { ...alone, queuePrefix: 'kie' }, null, null],
];

describe('judging a Redis', () => {
  it.each(rows)('%s', (_name, facts, use, refusal, warning) => {
    const verdict = judgeRedis({ ...good, ...facts }, use);
    expect(verdict.refusals).toEqual(refusal === null ? [] : [expect.stringMatching(refusal)]);
    expect(verdict.warnings).toEqual(warning === null ? [] : [expect.stringMatching(warning)]);
  });

  it('names every refusal at once', () => {
    const facts: RedisFacts = {
      ...good,
      version: '4.0.0',
      role: 'replica',
      evictionPolicy: 'allkeys-random',
    };
    expect(judgeRedis(facts, alone).refusals).toHaveLength(3);
  });

  it.each([
    ['{kie}', true],
    ['a{b}c', true],
    ['{}', false],
    ['{}{a}', false],
    ['kie', false],
    ['}{', false],
  ])('the prefix %s has a hash tag: %s', (prefix, expected) => {
    expect(hasHashTag(prefix)).toBe(expected);
  });
});

describe('what Redis says of itself', () => {
  const unknown = {
    runsScripts: true,
    evictionPolicy: undefined,
    appendFsync: undefined,
    snapshots: undefined,
  };
  const info = [
    '# Server',
    'redis_version:7.2.4',
    'redis_mode:standalone',
    'maxmemory_policy:allkeys-lru',
    'aof_enabled:1',
    'aof_last_write_status:ok',
    'role:slave',
    '',
  ].join('\r\n');

  it('is read from INFO alone where CONFIG is forbidden', () => {
    expect(readFacts(info, unknown)).toEqual({
      product: 'redis',
      version: '7.2.4',
      mode: 'standalone',
      role: 'replica',
      runsScripts: true,
      evictionPolicy: 'allkeys-lru',
      appendOnly: true,
      appendFsync: undefined,
      snapshots: undefined,
      persistenceFails: false,
    });
  });

  it('is a Valkey by its own version, not by the compatible one', () => {
    const facts = readFacts(
      'redis_version:7.2.4\r\nvalkey_version:8.1.0\r\nserver_mode:cluster\r\n',
      unknown,
    );
    expect(facts).toMatchObject({ product: 'valkey', version: '8.1.0', mode: 'cluster' });
  });

  it('is a failing disk when the append-only file cannot be written', () => {
    expect(readFacts('aof_last_write_status:err\r\n', unknown).persistenceFails).toBe(true);
  });
});
