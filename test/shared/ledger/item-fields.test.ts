/** Every field of an item has a letter of its own, and what counts tasks survives the next create call. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBatchOperations } from '../../../src/shared/ledger/batch-operations.ts';
import { fields } from '../../../src/shared/ledger/item.ts';
import { inputLetters } from '../../../src/shared/ledger/item-inputs.ts';
import { createLedger } from '../../../src/shared/ledger/ledger.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

/** Fields that only the scripts know: see transition.lua. */
const lettersOfScripts = ['q', 'l', 'p'];

describe('the fields of an item', () => {
  let redis: Redis;
  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });

  it('share no letter', () => {
    const letters = [...Object.values(fields), ...inputLetters, ...lettersOfScripts];
    expect(letters.toSorted()).toEqual([...new Set(letters)].toSorted());
  });

  it('keep tasks that do not count against the link, whichever worker submits it', async () => {
    const prefix = redisPrefix();
    const ledger = createLedger({ redis, prefix, shareUrl: () => null });
    await ledger.openBatch('b', { model: 'm', root: '/' });
    const link = { id: 's_1', url: 'https://sora.chatgpt.com/p/s_1' };
    const submit = async (taskId: string) => {
      await ledger.move('beginSubmit', 's_1', { submitter: 'worker-1' });
      await ledger.move('recordTask', 's_1', { taskId });
    };
    await ledger.enqueue('b', [link]);
    await submit('t1');
    await ledger.move('resubmit', 's_1', { addExcusedTasks: 1 });
    await submit('t2');
    expect(await ledger.item('s_1')).toMatchObject({ excusedTasks: 1, submitter: null });
    await ledger.move('fail', 's_1', { reason: 'generation-failed' });
    await createBatchOperations({ redis, prefix }).retryItems('b', 0, 10);
    await submit('t3');
    expect(await ledger.item('s_1')).toMatchObject({ excusedTasks: 2, taskIds: ['t1', 't2', 't3'] });
    await ledger.move('fail', 's_1', { reason: 'generation-failed' });
    await ledger.enqueue('b', [link], { force: true });
    await submit('t4');
    expect((await ledger.item('s_1'))?.excusedTasks).toBe(3);
  });

  it('that hold no number or no JSON are read as unset, and the item with them', async () => {
    const prefix = redisPrefix();
    const ledger = createLedger({ redis, prefix, shareUrl: () => null });
    await ledger.openBatch('b', { model: 'm', root: '/' });
    await ledger.enqueue('b', [{ id: 's_1', url: 'https://sora.chatgpt.com/p/s_1' }]);
    const { enqueuedAt, submittedAt, attempts, row } = fields;
    for (const odd of ['x', '1e999', '99999999999999999999']) {
      const values = { [enqueuedAt]: odd, [submittedAt]: odd, [attempts]: 'x', [row]: '{' };
      await redis.hset(`${prefix}:item:s_1`, values);
      const item = await ledger.item('s_1');
      expect(item).toMatchObject({ enqueuedAt: 0, submittedAt: null, attempts: 0, row: null });
    }
  });
});
