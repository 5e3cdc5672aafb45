/** Torments do what they say: a torment that does nothing would let everything hold. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { openDisk } from '../../chaos/disk.ts';
import { openFaultProxy } from '../../chaos/fault-proxy.ts';
import { seededRandom } from '../../chaos/random.ts';
import { openBucketStore } from '../../chaos/result-store.ts';
import { storageTorments } from '../../chaos/torments/storage.ts';
import type { World } from '../../chaos/world.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { connectRedis } from '../../src/shared/redis/connect-redis.ts';
import { parseRedisUrl } from '../../src/shared/redis/redis-address.ts';
import type { RedisConnection } from '../../src/shared/redis/script.ts';
import { createStorage } from '../../src/shared/storage/create-storage.ts';
import { withTimeout } from '../../src/shared/time/with-timeout.ts';
import { mayMount } from '../setup/may-mount.ts';
import { startOwnRedis, type TormentedRedis } from '../setup/own-redis.ts';
import { hasRedisPrograms, startClusterRedis, startSentinelRedis } from '../setup/redis-processes.ts';
import { until } from '../setup/until.ts';
import { s3Credentials } from '../shared/storage/s3-server.ts';

const slow = { timeout: 300_000 };

function connect(port: number, options: { enableReadyCheck: boolean } = { enableReadyCheck: true }) {
  const redis = new Redis(port, '127.0.0.1', { ...options, retryStrategy: () => 50 });
  redis.on('error', () => undefined);
  return redis;
}

/** On a busy machine the file's growth is seen late, and more than a second may lie between a write and the end. */
async function untilLastSecondIsLost(
  server: TormentedRedis,
  redis: RedisConnection,
  prefix: string,
): Promise<void> {
  let round = 0;
  await until(
    async () => {
      round += 1;
      await redis.set(`${prefix}:old`, round);
      const writtenAt = performance.now();
      await until(() => performance.now() - writtenAt > 1500, 'the write is older than a second');
      await redis.set(`${prefix}:new`, round);
      const bytes = await server.losePower();
      await server.start();
      const [old, last] = [await redis.get(`${prefix}:old`), await redis.get(`${prefix}:new`)];
      expect(bytes > 0).toBe(last !== `${round}`);
      return old === `${round}` && last !== `${round}`;
    },
    'the last second is lost, and nothing else',
    slow.timeout,
  );
}

it(
  'a Redis that loses its power keeps what is older than a second, and loses what is not',
  slow,
  async () => {
    await using server = await startOwnRedis();
    const redis = connect(server.port);
    await untilLastSecondIsLost(server, redis, '');
    redis.disconnect();
  },
);

it.skipIf(!hasRedisPrograms).each([
  ['Sentinel', startSentinelRedis],
  ['Cluster', startClusterRedis],
])('under %s a replica takes over without the last second, and is whole again', slow, async (_, start) => {
  const prefix = '{chaos-test}';
  await using proxy = openFaultProxy();
  await using group = await start({ key: prefix, front: proxy.front });
  const redis = connectRedis(parseRedisUrl(group.url), 'blocking', () => undefined);
  await untilLastSecondIsLost(group, redis, prefix);
  await group.group.failOver();
  await group.start();
  await redis.set(`${prefix}:new`, 1);
  const port = await group.group.primaryPort();
  proxy.stall(true, port);
  const answer = redis.get(`${prefix}:new`);
  expect(await withTimeout(answer, 300, 'no answer')).toBe('no answer');
  proxy.stall(false, port);
  expect(await answer).toBe('1');
  expect(proxy.cut(1, () => 0)).toBeGreaterThan(0);
  expect(await redis.get(`${prefix}:new`)).toBe('1');
  redis.disconnect();
});

it('a Redis that loads slowly says so, and then has everything', slow, async () => {
  await using server = await startOwnRedis();
  const redis = connect(server.port, { enableReadyCheck: false });
  const writes = redis.pipeline();
  for (let n = 0; n < 5000; n += 1)
    writes.set(`key-${n}`, 'some value that makes the command as long as others are');
  await writes.exec();
  await server.kill();
  const started = server.start(3000);
  await until(
    () =>
      redis.ping().then(
        () => false,
        (error: Error) => error.message.startsWith('LOADING'),
      ),
    'it is loading',
  );
  await started;
  expect(await redis.dbsize()).toBe(5000);
  redis.disconnect();
});

it('a proxy cuts and refuses connections, and lets everything pass again', slow, async () => {
  await using server = await startOwnRedis();
  await using proxy = openFaultProxy();
  const redis = connect(await proxy.front(server.port));
  expect(await redis.ping()).toBe('PONG');
  proxy.refuse(true);
  expect(proxy.cut(1, () => 0)).toBe(1);
  await until(() => redis.status === 'reconnecting', 'it is refused');
  proxy.heal();
  expect(await redis.ping()).toBe('PONG');
  redis.disconnect();
});

it.skipIf(!mayMount)('a disk is full or read-only, and then neither', slow, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-chaos-test-'));
  {
    await using disk = await openDisk(join(folder, 'disk'), 8);
    const videos = join(disk.folder, 'videos');
    await mkdir(videos);
    const file = join(videos, 'a.mp4');
    await disk.fill();
    await expect(writeFile(file, 'x')).rejects.toThrow(/ENOSPC/);
    await disk.empty();
    await writeFile(file, 'x');
    await disk.forbidWrites(videos);
    await expect(writeFile(file, 'y')).rejects.toThrow(/EROFS/);
    await disk.allowWrites(videos);
    expect(await readFile(file, 'utf8')).toBe('x');
    await writeFile(file, 'y');
  }
  await rm(folder, { recursive: true });
});

it.each(storageTorments.filter(({ name }) => /fails|answers|short/.test(name)))(
  '$name: the bucket cannot be used, and then can',
  slow,
  async ({ run }) => {
    await using proxy = openFaultProxy();
    await using store = await openBucketStore(proxy);
    const storage = await createStorage(store.environment['STORAGE_URL'] ?? '', {
      clock: systemClock,
      s3Credentials,
    });
    await storage.probe();
    const torment = run({ store, note: () => undefined } as unknown as World, seededRandom(1));
    await until(
      () =>
        storage.probe().then(
          () => false,
          () => true,
        ),
      'a write fails',
    );
    await torment;
    await storage.probe();
    expect(await store.list()).toEqual([]);
    await storage.close();
  },
);
