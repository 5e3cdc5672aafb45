/**
 * What people can do through the server, put together from the producer's functions: the wiring between two
 * parts that know each other only through src/shared.
 */
import { cancelBatch } from '../producer/cancel-batch.ts';
import type { Operations } from '../server/server-deps.ts';
import { createBatchOperations } from '../shared/ledger/batch-operations.ts';
import type { Storage } from '../shared/storage/storage.ts';
import { listOperations } from './list-operations.ts';
import { priceOfModel } from './model-price.ts';
import { retryOperations } from './retry-operations.ts';
import type { Session } from './session.ts';

export function serverOperations(session: Session, storage: Storage): Operations {
  const { ledger, queues } = session;
  const operations = createBatchOperations(session);
  const { itemsOf, ...retries } = retryOperations(session, operations);
  const priceOf = (modelId: string) => priceOfModel(modelId, session);

  async function giveUp(id: string): Promise<boolean> {
    const moved = await ledger.move(
      'cancel',
      id,
      { message: 'given up by a person' },
      { expect: { state: 'held' } },
    );
    return moved.moved;
  }

  return {
    priceOf,
    ...listOperations(session, storage, operations),
    ...retries,
    async attachTask(id, taskId) {
      const item = await ledger.item(id);
      if (item?.state !== 'held') return false;
      await queues.addClaim({ itemId: id, taskId, attempt: Math.max(1, item.attempts) });
      return true;
    },
    giveUp,
    async giveUpHeld(batch) {
      const held = await itemsOf(batch, { state: 'held' });
      const answers = await Promise.all(held.map(({ id }) => giveUp(id)));
      return answers.filter(Boolean).length;
    },
    async setBudget(name, credits) {
      const batch = await ledger.batch(name);
      if (batch !== null) await ledger.setBudget(name, credits, await priceOf(batch.model));
    },
    cancel: async (batch) => (await cancelBatch(batch, operations, { abandon: false })).cancelled,
    pause: operations.pause,
    resume: operations.resume,
    pauseAll: operations.pauseAll,
    resumeAll: operations.resumeAll,
    isAllPaused: operations.isAllPaused,
    async lookNow(id) {
      const item = await ledger.item(id);
      if (item?.state !== 'processing' && item?.state !== 'downloading') return false;
      await queues.wake(item.state === 'processing' ? 'status-check' : 'download', id);
      return true;
    },
    setPriority: operations.setPriority,
  };
}
