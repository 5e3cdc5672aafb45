/** A Redis without memory refuses the gate's scripts before anything is half done. */
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { startOwnRedis } from '../../setup/own-redis.ts';
import { gateWith, openSlot } from './given-state.ts';

test('an answer that cannot be recorded leaves its slot in use', async () => {
  await using own = await startOwnRedis();
  const redis = new Redis(own.url);
  const givenGate = await gateWith(redis);
  const slot = await openSlot(redis, givenGate, { used: 5 });
  await own.refuse('OOM');
  await expect(givenGate.gate.settle(slot, { kind: 'counted' })).rejects.toThrow(/^OOM/);
  expect(await redis.zcard(givenGate.keys.open)).toBe(1);
  expect(await redis.zcard(givenGate.keys.held)).toBe(0);
  await own.acceptAgain();
  await givenGate.gate.settle(slot, { kind: 'counted' });
  expect(await redis.zcard(givenGate.keys.held)).toBe(1);
  redis.disconnect();
});
