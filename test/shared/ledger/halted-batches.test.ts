/** Handing out links while models are halted: their batches neither delay others nor lose their place. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ledgerKeys } from '../../../src/shared/ledger/keys.ts';
import { createLedger, type Ledger } from '../../../src/shared/ledger/ledger.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

describe('batches of a halted model', () => {
  let redis: Redis;
  let ledger: Ledger;
  let prefix: string;

  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });
  beforeEach(() => {
    prefix = redisPrefix();
    ledger = createLedger({ redis, prefix, shareUrl: () => null });
  });

  async function give(batch: string, model: string, count: number): Promise<void> {
    await ledger.openBatch(batch, { model, root: '/videos/' });
    const ids = Array.from({ length: count }, (_, n) => `${batch}-${n}`);
    await ledger.enqueue(
      batch,
      ids.map((id) => ({ id, url: `https://example.com/${id}` })),
    );
  }

  /** In few calls, as enqueueing each takes a while. */
  async function giveMany(batches: number, model: string): Promise<void> {
    const keys = ledgerKeys(prefix);
    const pipeline = redis.pipeline();
    for (let n = 0; n < batches; n += 1) {
      const name = `many-${String(n).padStart(5, '0')}`;
      pipeline.hset(keys.batch(name), 'model', model);
      pipeline.hset(keys.item(`${name}-0`), 's', 'queued', 'b', name);
      pipeline.rpush(keys.backlog(name), `${name}-0`);
      pipeline.zadd(keys.rotation, 0, name);
    }
    await pipeline.exec();
  }

  /** Hands out as the feeder does, each link leaving the gate before the next call. */
  async function takeOneByOne(calls: number, halted: readonly string[]): Promise<string[]> {
    const taken: string[] = [];
    for (let call = 0; call < calls; call += 1) {
      const { ids } = await ledger.take(1, halted);
      await Promise.all(ids.map((id) => ledger.leaveGate(id)));
      taken.push(...ids);
    }
    return taken;
  }

  it('do not keep a batch of another model from its turns, however many there are', async () => {
    await giveMany(6000, 'halted');
    await give('other', 'running', 20);
    await takeOneByOne(7, ['halted']);
    expect(await takeOneByOne(5, ['halted'])).toHaveLength(5);
  });

  it('are set aside a thousand a call, and return so, because Redis answers nothing else meanwhile', async () => {
    await giveMany(1500, 'halted');
    const { rotation } = ledgerKeys(prefix);
    await ledger.take(1, ['halted']);
    expect(await redis.zcount(rotation, 1e12, '+inf')).toBe(1000);
    await ledger.take(1, ['halted']);
    expect(await redis.zcount(rotation, 1e12, '+inf')).toBe(1500);
    await ledger.take(0, []);
    expect(await redis.zcount(rotation, 1e12, '+inf')).toBe(500);
  });

  it('are not looked at again by each call', async () => {
    await giveMany(50, 'halted');
    await give('other', 'running', 3);
    await takeOneByOne(1, ['halted']);
    expect(await ledger.waitingBatches(1)).toEqual(['other']);
  });

  it('take turns with the others again when the halt has ended', async () => {
    await give('first', 'halted', 3);
    await give('second', 'running', 100);
    expect(await takeOneByOne(50, ['halted'])).toHaveLength(50);
    const after = await takeOneByOne(6, []);
    expect(after.filter((id) => id.startsWith('first'))).toHaveLength(3);
  });

  it('wait for their own halt when another one ends', async () => {
    await give('first', 'one', 3);
    await give('second', 'two', 3);
    expect(await takeOneByOne(2, ['one', 'two'])).toEqual([]);
    expect(await takeOneByOne(4, ['two'])).toEqual(['first-0', 'first-1', 'first-2']);
    expect(await takeOneByOne(4, [])).toEqual(['second-0', 'second-1', 'second-2']);
  });

  it('do not hold back a batch that is enqueued while all others are set aside', async () => {
    await give('first', 'halted', 3);
    await takeOneByOne(1, ['halted']);
    await give('new', 'running', 2);
    expect(await takeOneByOne(3, ['halted'])).toEqual(['new-0', 'new-1']);
  });

  it('are handed out all when thousands return', async () => {
    await giveMany(2500, 'halted');
    await takeOneByOne(3, ['halted']);
    const { ids } = await ledger.take(5000, []);
    const { ids: more } = await ledger.take(5000, []);
    const { ids: last } = await ledger.take(5000, []);
    expect(new Set([...ids, ...more, ...last]).size).toBe(2500);
  });
});
