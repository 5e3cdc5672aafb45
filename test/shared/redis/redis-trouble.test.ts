/** What is repeated until Redis has recovered, and what would be repeated forever. */
import { ReplyError } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { isRedisTrouble } from '../../../src/shared/redis/redis-trouble.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

async function errorOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    return error;
  }
}

describe('trouble of Redis', () => {
  it('is not a script that breaks on what it finds', async () => {
    const redis = connectTestRedis();
    const key = redisPrefix();
    await redis.hset(key, 'f', 'text');
    const breaks = ["redis.call('HINCRBY', KEYS[1], 'f', 1)", "redis.call('GET', KEYS[1])", 'return nil + 1'];
    for (const script of breaks) {
      const error = await errorOf(() => redis.eval(script, 1, key));
      expect(error).toBeInstanceOf(ReplyError);
      expect(isRedisTrouble(error)).toBe(false);
    }
    await redis.quit();
  });

  it.each([
    'MISCONF Errors writing to the AOF file script: c1, on @user_script:1.',
    'OOM command not allowed when used memory > maxmemory. script: c1, on @user_script:1.',
    'READONLY You can’t write against a read only replica.',
    'ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -MISCONF Errors writing',
    'ERR max number of clients reached',
  ])('is %s', (message) => {
    expect(isRedisTrouble(new ReplyError(message))).toBe(true);
  });
});
