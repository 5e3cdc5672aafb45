/**
 * Gets the one Redis that all test files share: the one of REDIS_URL; else a container, where an engine
 * answers and has a Redis image (nothing is pulled); else a local one, the way users get it. Says on standard
 * error which it took. Run once by vitest before the first test; what it returns is run after the last.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pino from 'pino';
import type { TestProject } from 'vitest/node';
import { systemClock } from '../../src/shared/clock.ts';
import { cacheFolder } from '../../src/shared/configuration/configuration.ts';
import { startLocalRedis } from '../../src/shared/redis/local/start-local-redis.ts';
import { localRedisImages } from '../../src/shared/redis/program/container-engine.ts';
import { describeAddress, parseRedisUrl, type RedisAddress } from '../../src/shared/redis/redis-address.ts';
import './provided.ts';

interface SharedRedis {
  url: string;
  /** For people. */
  origin: string;
  stop(): Promise<void>;
}

export default async function provideRedis(project: TestProject): Promise<() => Promise<void>> {
  const run = randomUUID().slice(0, 8);
  const shared = (await givenRedis(run)) ?? (await containerRedis()) ?? (await localRedis());
  process.stderr.write(`Tests use Redis from ${shared.origin}\n`);
  project.provide('redisUrl', shared.url);
  project.provide('redisRun', run);
  return () => shared.stop();
}

async function givenRedis(run: string): Promise<SharedRedis | undefined> {
  const url = process.env['REDIS_URL']?.trim();
  if (url === undefined || url === '') return undefined;
  return {
    url,
    origin: `REDIS_URL, ${describeAddress(parseRedisUrl(url))}`,
    stop: () => removeKeysOfRun(url, run),
  };
}

async function containerRedis(): Promise<SharedRedis | undefined> {
  const image = (await localRedisImages())?.[0];
  if (image === undefined) return undefined;
  // Loaded only here: it is large, and most machines have no engine.
  const { GenericContainer, PullPolicy, Wait } = await import('testcontainers');
  const container = await new GenericContainer(image)
    .withPullPolicy(PullPolicy.neverPull())
    .withCommand(['redis-server', '--save', '', '--protected-mode', 'no'])
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/i))
    .start();
  return {
    url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`,
    origin: `a container of ${image}`,
    stop: async () => {
      await container.stop();
    },
  };
}

async function localRedis(): Promise<SharedRedis> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kie-batch-test-'));
  const logger = pino({ level: 'info' }, pino.destination({ dest: 2, sync: true }));
  const local = await startLocalRedis({ dataDir, cacheDir: cacheFolder(), logger, clock: systemClock });
  return {
    url: urlOf(local.address),
    origin: `a local server in ${dataDir}`,
    stop: async () => {
      await local.release();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** With the password that a local server in a container has. */
function urlOf(address: RedisAddress): string {
  if (address.kind !== 'single') return describeAddress(address);
  return `redis://:${address.password ?? ''}@${address.host}:${address.port}`;
}

async function removeKeysOfRun(url: string, run: string): Promise<void> {
  const redis = new Redis(url);
  for await (const keys of redis.scanStream({ match: `{test-${run}-*`, count: 1_000 })) {
    if (Array.isArray(keys) && keys.length > 0) await redis.unlink(keys.map(String));
  }
  await redis.quit();
}
