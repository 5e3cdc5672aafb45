/** What links of a batch share is stored once with the batch, and stays readable wherever an item goes. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { removeBatch } from '../../../src/producer/remove-batch.ts';
import { createBatchOperations } from '../../../src/shared/ledger/batch-operations.ts';
import { createLedger, type Ledger } from '../../../src/shared/ledger/ledger.ts';
import type { Inputs } from '../../../src/shared/models/input-spec.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const shared: Inputs = { prompt: 'make it snow, over hills and far away', seed: 7 };
const url = (id: string) => `https://videos.example/${id}.mp4`;

describe('inputs in the ledger', () => {
  let redis: Redis;
  let prefix: string;
  let ledger: Ledger;
  beforeAll(() => {
    redis = connectTestRedis();
  });
  beforeEach(async () => {
    prefix = redisPrefix();
    ledger = createLedger({ redis, prefix, shareUrl: () => null });
    for (const name of ['a', 'b']) await ledger.openBatch(name, { model: 'm', root: '/' });
  });
  afterAll(async () => {
    await redis.quit();
  });

  const give = (batch: string, id: string, inputs: Inputs, ofAll: Inputs = shared, force = false) =>
    ledger.enqueue(batch, [{ id, url: url(id), inputs }], { inputs: ofAll, force });
  /** As a process sees it that has read nothing before. */
  const read = async (id: string) =>
    (await createLedger({ redis, prefix, shareUrl: () => null }).item(id))?.inputs;

  it.each<[string, Inputs]>([
    ['none', {}],
    ['those of all', shared],
    ['those of all and one more', { ...shared, watermark: true }],
    ['another value than all have', { ...shared, prompt: 'rain' }],
    ['a long one of its own', { prompt: 'ü'.repeat(300) }],
    ['a list and an object', { elements: [{ b: 1, a: [null, '#12345678'] }], image_urls: ['https://i/1'] }],
  ])('are what was given: %s', async (_name, inputs) => {
    await give('a', 'h1', inputs);
    expect(await read('h1')).toEqual(inputs);
  });

  it('that all share cost an item a reference of nine characters', async () => {
    await give('a', 'h1', shared);
    expect(await redis.hget(`${prefix}:item:h1`, 'I')).toMatch(/^#[0-9a-f]{8}$/);
    await give('a', 'h2', {}, {});
    expect(await redis.hexists(`${prefix}:item:h2`, 'I')).toBe(0);
  });

  it.each([
    [64, [64]],
    [65, [64, 1]],
    [192, [64, 64, 64]],
    [256, [64, 64, 64, 64]],
    [257, [257]],
  ])('of %s bytes lie in parts of 64, or in one where four are not enough', async (bytes, parts) => {
    await give('a', 'h1', { prompt: 'x'.repeat(bytes - '{"prompt":""}'.length) }, {});
    const stored = await redis.hmget(`${prefix}:item:h1`, 'I', 'J', 'K', 'L');
    expect(stored.flatMap((text) => (text === null ? [] : [text.length]))).toEqual(parts);
  });

  it('stay readable in another batch that lists the link, also when the first is removed', async () => {
    const own = { ...shared, watermark: true };
    await give('a', 'h1', shared);
    await give('a', 'h2', own);
    // The same items, given with a column each.
    await give('b', 'h1', shared, {});
    await give('b', 'h2', own, {});
    for (const id of ['h1', 'h2']) {
      await ledger.move('fail', id, { reason: 'rejected' });
      await give('b', id, id === 'h1' ? shared : own, {}, true);
    }
    expect([await read('h1'), await read('h2')]).toEqual([shared, own]);
    for (const id of ['h1', 'h2']) await ledger.move('fail', id, { reason: 'rejected' });
    await removeBatch('a', createBatchOperations({ redis, prefix }));
    expect([await read('h1'), await read('h2')]).toEqual([shared, own]);
  });

  it('stay readable where a paused batch hands its link to another', async () => {
    await give('a', 'h1', shared);
    await give('b', 'h1', shared, {});
    await createBatchOperations({ redis, prefix }).pause('a');
    expect((await ledger.move('beginSubmit', 'h1', { submitter: 'w' })).moved).toBe(true);
    expect((await ledger.item('h1'))?.batch).toBe('b');
    expect(await read('h1')).toEqual(shared);
  });
});
