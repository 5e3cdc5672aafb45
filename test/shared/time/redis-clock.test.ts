import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { beginHalt, listHalts } from '../../../src/shared/gate-state/halts.ts';
import { ledgerKeys } from '../../../src/shared/ledger/keys.ts';
import { followClock } from '../../../src/shared/time/process-time.ts';
import { nextOffsetMs, startRedisClock } from '../../../src/shared/time/redis-clock.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const logger = pino({ level: 'silent' });
const hourMs = 3_600_000;

describe('the time of Redis', () => {
  it('does not jitter within what a reading cannot tell, and follows a step', () => {
    expect(nextOffsetMs(1000, { offsetMs: 1004, toleranceMs: 5 })).toBe(1000);
    expect(nextOffsetMs(1000, { offsetMs: 1000 + hourMs, toleranceMs: 5 })).toBe(1000 + hourMs);
  });

  it("is independent of this process's clock", async () => {
    const redis = connectTestRedis();
    const clock = await startRedisClock({
      redis,
      prefix: redisPrefix(),
      logger,
      steadyMs: () => performance.now() - 77 * hourMs,
      onSetBack: async () => undefined,
    });
    const [seconds] = await redis.time();
    expect(Math.abs(clock.now() - Number(seconds) * 1000)).toBeLessThan(30_000);
    await clock.stop();
    await redis.quit();
  });

  it('that was set back brings forward what waits, once', async () => {
    const redis = connectTestRedis();
    const prefix = redisPrefix();
    const [seconds] = await redis.time();
    const now = Number(seconds) * 1000;
    // As if the clock had been an hour ahead until now.
    await redis.set(`${prefix}:clock`, now + hourMs);
    await redis.zadd(ledgerKeys(prefix).active, now + hourMs + 5000, 'item');
    await redis.hset(`${prefix}:gate:submit`, 'pausedUntil', String((now + hourMs + 5000) * 1000));
    await beginHalt(
      { redis, prefix },
      {
        reason: 'storage-full',
        message: '',
        nextProbeAt: now + hourMs + 5000,
      },
    );
    let setBack = 0;
    const onSetBack = async () => {
      setBack += 1;
    };
    const start = () => startRedisClock({ redis, prefix, logger, onSetBack });
    const clocks = [await start(), await start()];
    expect(setBack).toBe(1);
    const isSoon = (at: number) => expect(Math.abs(at - now)).toBeLessThan(60_000);
    isSoon(Number(await redis.zscore(ledgerKeys(prefix).active, 'item')));
    isSoon(Number(await redis.hget(`${prefix}:gate:submit`, 'pausedUntil')) / 1000);
    isSoon((await listHalts({ redis, prefix }))[0]?.nextProbeAt ?? 0);
    await Promise.all(clocks.map((clock) => clock.stop()));
    await redis.quit();
  });
});

describe('the time of a process', () => {
  it('follows the last clock that is in use, and then its own again', () => {
    {
      using _ = followClock({ now: () => 1000.5 });
      expect(Date.now()).toBe(1000);
      {
        using __ = followClock({ now: () => 2000 });
        expect(Date.now()).toBe(2000);
      }
      expect(Date.now()).toBe(1000);
    }
    expect(Date.now()).toBeGreaterThan(1_700_000_000_000);
  });
});
