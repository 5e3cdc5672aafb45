/** Redis in its other shapes, for real: a Cluster, a master behind a Sentinel, and a plain port taken for TLS. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pino from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { cacheFolder } from '../../../src/shared/configuration/configuration.ts';
import { openRedis, type RedisHandle } from '../../../src/shared/redis/open-redis.ts';
import { findRedisProgram } from '../../../src/shared/redis/program/find-redis-program.ts';
import { startOnFreePort } from '../../setup/start-redis-program.ts';

const logger = pino({ level: 'silent' });

describe('Redis in other shapes', () => {
  let binary: string;
  let base: string;
  const servers: ChildProcess[] = [];
  const handles: RedisHandle[] = [];

  beforeAll(async () => {
    const program = await findRedisProgram({ cacheDir: cacheFolder(), logger, clock: systemClock });
    if (program.kind !== 'binary') throw new Error('these tests need a server binary');
    binary = program.path;
  });
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'kie-shapes-'));
  });
  afterEach(async () => {
    for (const handle of handles.splice(0)) await handle.close();
    for (const server of servers.splice(0)) {
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    }
    await rm(base, { recursive: true });
  });

  async function open(
    redisUrl: string,
    { queuePrefix = '{shapes}', reachTimeoutMs = 60_000 } = {},
  ): Promise<RedisHandle> {
    const handle = await openRedis({
      redisUrl,
      queuePrefix,
      dataDir: base,
      cacheDir: base,
      logger,
      reachTimeoutMs,
    });
    handles.push(handle);
    return handle;
  }

  async function start(...args: string[]): Promise<number> {
    const { port, child } = await startOnFreePort(async (port) => {
      const folder = join(base, String(port));
      await mkdir(folder);
      const common = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
      return { program: binary, words: [...args, ...common], folder };
    });
    servers.push(child);
    return port;
  }

  async function startCluster(): Promise<number> {
    const port = await start(
      '--cluster-enabled',
      'yes',
      '--cluster-announce-ip',
      '127.0.0.1',
      '--appendonly',
      'yes',
    );
    const node = new Redis(port);
    await node.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot));
    while (!(await node.cluster('INFO')).includes('cluster_state:ok')) await sleep(20);
    node.disconnect();
    return port;
  }

  it('a Cluster runs queues and workers', async () => {
    const handle = await open(`redis-cluster://127.0.0.1:${await startCluster()}`);
    const prefix = '{shapes}';
    const queue = new Queue('work', { connection: handle.connect('commands'), prefix });
    const done = Promise.withResolvers<unknown>();
    const worker = new Worker('work', async (job) => done.resolve(job.data), {
      connection: handle.connect('blocking'),
      prefix,
    });
    await queue.add('link', { id: 's_1' });
    expect(await done.promise).toEqual({ id: 's_1' });
    await worker.close();
    await queue.close();
  });

  it('a Cluster wants a hash tag, and its own form of URL', async () => {
    const port = await startCluster();
    await expect(open(`redis-cluster://127.0.0.1:${port}`, { queuePrefix: 'plain' })).rejects.toThrow(
      'use {plain}',
    );
    await expect(open(`redis://127.0.0.1:${port}`)).rejects.toThrow('use redis-cluster://');
  });

  it('a single Redis taken for a Cluster is refused in one line', async () => {
    const port = await start();
    await expect(open(`redis-cluster://127.0.0.1:${port}`, { reachTimeoutMs: 1000 })).rejects.toThrow(
      /^The Redis at redis-cluster:\/\/[^\n]+$/,
    );
  });

  it('a master is found through a Sentinel, which itself is no Redis', async () => {
    const master = await start('--appendonly', 'yes');
    const sentinelFile = join(base, 'sentinel.conf');
    await writeFile(sentinelFile, `sentinel monitor main 127.0.0.1 ${master} 1\n`);
    const sentinel = await start(sentinelFile, '--sentinel');
    const handle = await open(`redis-sentinel://127.0.0.1:${sentinel}/main`);
    expect(await handle.connect('commands').set('link', 'paid')).toBe('OK');
    await expect(open(`redis://127.0.0.1:${sentinel}`)).rejects.toThrow('redis-sentinel://');
  });

  it('a plain port taken for TLS is refused in one line that says so', async () => {
    const port = await start();
    await expect(open(`rediss://127.0.0.1:${port}`, { reachTimeoutMs: 1000 })).rejects.toThrow(
      'does it use TLS?',
    );
  });
});
