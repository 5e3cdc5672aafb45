/**
 * Redis is killed, loses its last second, fails over, loads slowly, refuses writes, answers nobody, and forgets its scripts.
 * Of several servers it is the primary that this is done to.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { forAWhile, type Torment } from './torment.ts';

export const redisTorments: readonly Torment[] = [
  {
    name: 'redis-killed',
    subject: 'redis',
    weight: 3,
    async run(world, draw) {
      const { redis } = world;
      await forAWhile(world, {
        ms: draw.between(0, 4000),
        message: 'Redis is killed',
        begin: () => redis.kill(),
        end: () => redis.start(),
      });
    },
  },
  {
    name: 'redis-loads-slowly',
    subject: 'redis',
    weight: 1,
    async run(world, draw) {
      const { redis } = world;
      const ms = draw.between(1000, 8000);
      world.note(`Redis is started again and loads its file for ${(ms / 1000).toFixed(1)} s`);
      await redis.kill();
      await redis.start(ms);
    },
  },
  {
    name: 'redis-fails-over',
    subject: 'redis',
    weight: 5,
    isFor: ({ redis }) => redis.group !== undefined,
    async run({ redis, note, losses }, draw) {
      const ms = draw.between(0, 4000);
      // What had not reached the replica is lost.
      losses.redis += 1;
      note('Redis fails over');
      await redis.group?.failOver().finally(() => sleep(ms).then(() => redis.start()));
    },
  },
  {
    name: 'redis-primary-cut-off',
    subject: 'redis',
    weight: 3,
    isFor: ({ redis }) => redis.group !== undefined,
    async run(world, draw) {
      const { redis, proxies, losses } = world;
      const port = await redis.group?.primaryPort();
      // What it takes after it is replaced, and before it is told, is lost.
      losses.redis += 1;
      await forAWhile(world, {
        ms: draw.between(2000, 15_000),
        message: 'the primary of Redis is cut off from all others',
        begin: () => proxies.redis.stall(true, port),
        end: () => proxies.redis.stall(false, port),
      });
      await redis.group?.untilWhole();
    },
  },
  {
    name: 'redis-loses-its-last-second',
    subject: 'redis',
    weight: 2,
    async run({ redis, note, losses }, draw) {
      const ms = draw.between(0, 4000);
      losses.redis += 1;
      try {
        const lost = await redis.losePower();
        note(`Redis is killed for ${(ms / 1000).toFixed(1)} s and loses its last second, ${lost} bytes`);
        await sleep(ms);
      } finally {
        await redis.start();
      }
    },
  },
  {
    name: 'redis-refuses-writes',
    subject: 'redis',
    weight: 4,
    async run(world, draw) {
      const { redis } = world;
      const [first = 'OOM', ...others] = redis.refusals;
      const how = draw.pick([first, ...others]);
      await forAWhile(world, {
        ms: draw.between(1000, 9000),
        message: `Redis refuses writes with ${how}`,
        begin: () => redis.refuse(how),
        end: () => redis.acceptAgain(),
      });
    },
  },
  {
    name: 'redis-blocked',
    subject: 'redis',
    weight: 2,
    async run({ redis, note }, draw) {
      const ms = draw.between(500, 5000);
      note(`Redis answers nobody for ${(ms / 1000).toFixed(1)} s`);
      await redis.block(ms / 1000);
    },
  },
  {
    name: 'redis-forgets-scripts',
    subject: 'redis',
    weight: 2,
    async run({ redis, note }) {
      note('Redis forgets all scripts');
      await redis.flushScripts();
    },
  },
];
