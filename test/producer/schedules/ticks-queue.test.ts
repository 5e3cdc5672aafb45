import { expect, it, vi } from 'vitest';
import { openTicksQueue } from '../../../src/producer/schedules/ticks-queue.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

it('an error of the connection is left to its opener, and not printed', async () => {
  const redis = connectTestRedis();
  const reported = vi.fn();
  redis.on('error', reported);
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const queue = openTicksQueue({ redis, prefix: redisPrefix() });
  await queue.getJobSchedulers();
  redis.emit('error', new Error('connect ECONNREFUSED'));
  expect(reported).toHaveBeenCalledOnce();
  expect(printed).not.toHaveBeenCalled();
  await queue.close();
  redis.disconnect();
});
