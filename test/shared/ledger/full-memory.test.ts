/** A Redis without memory refuses the ledger's scripts before anything is half done. */
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { startOwnRedis } from '../../setup/own-redis.ts';
import { ledgerWith } from './given-ledger.ts';

it('no link is moved or handed out in part', async () => {
  await using own = await startOwnRedis();
  const redis = new Redis(own.url);
  const { ledger, keys, itemLike } = await ledgerWith(redis, {
    batches: { b: {}, poor: { budget: 0 } },
    backlogs: { b: ['s_0'], poor: ['s_2'] },
    items: {
      s_0: { s: 'queued', b: 'b' },
      s_1: { s: 'submitting', b: 'b', w: 'worker' },
      s_2: { s: 'queued', b: 'poor' },
    },
  });
  await own.refuse('OOM');
  await expect(ledger.move('recordTask', 's_1', { taskId: 't1' })).rejects.toThrow(/^OOM/);
  await expect(ledger.take(1)).rejects.toThrow(/^OOM/);
  await expect(ledger.takeUnaffordable('poor', 1)).rejects.toThrow(/^OOM/);
  await own.acceptAgain();
  expect(await itemLike('s_1', { s: 0, t: 0, w: 0 })).toEqual({ s: 'submitting', t: null, w: 'worker' });
  expect(await redis.llen(keys.backlog('b'))).toBe(1);
  expect(await redis.llen(keys.backlog('poor'))).toBe(1);
  redis.disconnect();
});
