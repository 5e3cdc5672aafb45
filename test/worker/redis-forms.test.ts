/**
 * The whole under the forms of REDIS_URL that fail over: links are worked on while the primary is killed, and each is
 * saved and paid for once. Skipped where redis-server, redis-sentinel or redis-cli is not installed.
 */
import { describe, expect, it } from 'vitest';
import { redisPrefix } from '../setup/redis.ts';
import { hasRedisPrograms, startClusterRedis, startSentinelRedis } from '../setup/redis-processes.ts';
import { startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const forms = [
  ['Sentinel', startSentinelRedis],
  ['Cluster', startClusterRedis],
] as const;
const links = 60;
const slowMs = 300_000;

describe.skipIf(!hasRedisPrograms).each(forms)('%s', (_name, startRedis) => {
  it('every link is saved, and paid for once, although the primary is killed', {
    timeout: slowMs,
  }, async () => {
    const prefix = redisPrefix();
    await using redis = await startRedis({ key: `${prefix}:x` });
    await using system = await startSystem({
      environment: { REDIS_URL: redis.url, QUEUE_PREFIX: prefix, SUBMIT_LIMIT: '5/1s' },
      simulator: { taskTime: '500ms' },
      waitsForRedis: true,
    });
    await system.give(links);
    await system.startWorker();
    const saved = async () => (await system.session.ledger.batch('test'))?.counts.saved ?? 0;
    await until(async () => (await saved()) >= 5, 'some links are saved');
    await redis.group.failOver();
    await until(async () => (await saved().catch(() => 0)) === links, 'all links are saved', slowMs);
    expect(system.simulator.counts().tasks).toBe(links);
  });
});
