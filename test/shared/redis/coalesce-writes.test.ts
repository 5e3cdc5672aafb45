/** Commands of one turn of the event loop reach Redis together, on every connection that is handed out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { cacheFolder } from '../../../src/shared/configuration/configuration.ts';
import { type LocalRedis, startLocalRedis } from '../../../src/shared/redis/local/start-local-redis.ts';
import { openRedis, type RedisHandle } from '../../../src/shared/redis/open-redis.ts';
import { describeAddress } from '../../../src/shared/redis/redis-address.ts';

const logger = pino({ level: 'silent' });
const commands = 200;

describe('a connection to Redis', () => {
  let base: string;
  let server: LocalRedis;
  let handle: RedisHandle;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'kie-coalesce-'));
    const place = { dataDir: join(base, 'data'), cacheDir: cacheFolder(), logger };
    server = await startLocalRedis({ ...place, clock: systemClock });
    handle = await openRedis({ ...place, redisUrl: describeAddress(server.address) });
  });
  afterEach(async () => {
    await handle.close();
    await server.release();
    await rm(base, { recursive: true, force: true });
  });

  /** How often Redis read from any connection while the commands were sent and answered. */
  async function readsOf(connection: Redis): Promise<number> {
    const reads = async () => Number(/total_reads_processed:(\d+)/.exec(await connection.info('stats'))?.[1]);
    const before = await reads();
    const numbers = await Promise.all(Array.from({ length: commands }, () => connection.incr('counter')));
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    return (await reads()) - before;
  }

  it('sends the commands of one turn in a few writes, in their order', async () => {
    const connection = handle.connect('commands') as Redis;
    expect(await readsOf(connection)).toBeLessThan(commands / 10);
  });

  it('does so after it was cut off, and as a duplicate', async () => {
    const connection = handle.connect('blocking') as Redis;
    await connection.ping();
    connection.stream.destroy();
    await connection.ping();
    expect(await readsOf(connection)).toBeLessThan(commands / 10);
    const duplicate = connection.duplicate();
    expect(await readsOf(duplicate)).toBeLessThan(commands / 10);
  });

  it('sends what was waiting before it closes', async () => {
    const connection = handle.connect('commands') as Redis;
    await connection.ping();
    const written = connection.set('last', 'word');
    await handle.close();
    expect(await written).toBe('OK');
  });
});
