/** Histories that workers share, in a real Redis. */
import type { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadModels } from '../../../src/shared/models/load-models.ts';
import { createLearnedHistories } from '../../../src/worker/polling/learned-histories.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const models = loadModels({ extraFiles: [] });
const sora = models.get('sora-watermark-remover');
const topaz = models.get('topaz/video-upscale');
const logger = pino({ level: 'silent' });

describe('learned histories', () => {
  let redis: Redis;
  let prefix: string;
  const clock = { nowMs: 0, now: () => clock.nowMs };

  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(() => redis.quit());
  beforeEach(() => {
    prefix = redisPrefix();
    clock.nowMs = 0;
  });

  const create = () => createLearnedHistories({ redis, prefix, clock, logger, refreshMs: 2_000 });

  test('what one worker learns about a model, another one knows', async () => {
    const [one, other] = [create(), create()];
    await one.learn(sora, { durationMs: 20_000.4, seenBy: 'poll' });
    await one.learn(sora, { durationMs: 21_000, seenBy: 'callback' });
    expect((await other.of(sora)).tasks).toBe(2);
    expect((await other.of(topaz)).tasks).toBe(0);
  });

  test('a history is learned again when it is too old, and not earlier', async () => {
    const histories = create();
    const empty = await histories.of(sora);
    await histories.learn(sora, { durationMs: 20_000, seenBy: 'poll' });
    clock.nowMs = 1_999;
    expect(await histories.of(sora)).toBe(empty);
    clock.nowMs = 2_000;
    expect((await histories.of(sora)).tasks).toBe(1);
  });

  test('many concurrent calls learn it once', async () => {
    const histories = create();
    const all = await Promise.all(Array.from({ length: 50 }, () => histories.of(sora)));
    expect(new Set(all).size).toBe(1);
  });

  test('only the newest few hundred tasks are kept', async () => {
    const histories = create();
    for (let count = 0; count < 400; count += 1) {
      await histories.learn(sora, { durationMs: 1_000_000 + count, seenBy: 'poll-despite-callback' });
    }
    expect((await histories.of(sora)).tasks).toBe(320);
    const bytes = await redis.memory('USAGE', `${prefix}:durations:${sora.id}`);
    expect(bytes).toBeLessThan(10_000);
  });

  test('unreadable entries are skipped', async () => {
    await redis.lpush(`${prefix}:durations:${sora.id}`, 'x', '12z', '-5', '', '20000c');
    expect((await create().of(sora)).tasks).toBe(1);
  });

  test('without Redis the last known history is used, and learning does not fail', async () => {
    const own = connectTestRedis();
    const histories = createLearnedHistories({ redis: own, prefix, clock, logger, refreshMs: 2_000 });
    await histories.learn(sora, { durationMs: 20_000, seenBy: 'poll' });
    const known = await histories.of(sora);
    await own.quit();
    clock.nowMs = 10_000;
    expect((await histories.of(sora)).tasks).toBe(known.tasks);
    expect((await histories.of(topaz)).tasks).toBe(0);
    await histories.learn(sora, { durationMs: 20_000, seenBy: 'poll' });
  });
});
