/** When a worker counts as dead: only then do its open create calls count as lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import pino from 'pino';
import { expect, it } from 'vitest';
import { announceWorker } from '../../../src/shared/presence/worker-presence.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';
import { until } from '../../setup/until.ts';

const logger = pino({ level: 'silent' });
const nothing = () => ({ submit: [], 'status-check': [], download: [] });
const facts = (id: string, pid: number) => ({
  id,
  host: hostname(),
  pid,
  stages: ['submit' as const],
  startedAt: 0,
  onlyBatch: null,
});

it('a worker is gone when it has stopped or its process has ended, not while it lives or may live', async () => {
  const redis = connectTestRedis();
  const prefix = redisPrefix();
  const deps = { redis, prefix, logger };
  const key = `${prefix}:workers`;
  const ended = spawn(process.execPath, ['-e', '']);
  await once(ended, 'exit');
  const other = announceWorker(facts('other', process.pid), nothing, deps);
  const dead = announceWorker(facts('dead', ended.pid ?? 0), nothing, deps);
  const judge = announceWorker(facts('judge', process.pid), nothing, deps);
  await until(async () => (await redis.hlen(key)) === 3, 'all have announced themselves');
  const silence = async (id: string) => {
    const stored: unknown = JSON.parse((await redis.hget(key, id)) ?? '{}');
    await redis.hset(key, id, JSON.stringify(Object.assign({}, stored, { saidAt: Date.now() - 60_000 })));
  };
  expect(await judge.isGone('other')).toBe(false);
  await silence('other');
  await silence('dead');
  // Silent for a minute, but the judge has not seen Redis take writes for long enough itself.
  expect(await judge.isGone('other')).toBe(false);
  expect(await judge.isGone('dead')).toBe(true);
  await other.stop();
  expect(await judge.isGone('other')).toBe(true);
  await Promise.all([dead.stop(), judge.stop()]);
  redis.disconnect();
});
