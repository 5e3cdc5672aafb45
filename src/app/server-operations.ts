/**
 * What people can do through the server, put together from the producer's functions: the wiring between two
 * parts that know each other only through src/shared.
 */
import { cancelBatch } from '../producer/cancel-batch.ts';
import { enqueueLists } from '../producer/enqueue-lists.ts';
import { createItemFinder } from '../producer/find-item.ts';
import { readList } from '../producer/lists/read-list.ts';
import { retryBatch } from '../producer/retry-batch.ts';
import { retrySome } from '../producer/retry-some.ts';
import type { InvalidEntry, Operations, RetrySelection } from '../server/server-deps.ts';
import { createBatchOperations } from '../shared/ledger/batch-operations.ts';
import type { Item } from '../shared/ledger/item.ts';
import { createItemSearch, groupKey } from '../shared/ledger/search.ts';
import { checkShared } from '../shared/models/resolve-inputs.ts';
import type { Storage } from '../shared/storage/storage.ts';
import { rootOf } from '../shared/storage/storage-root.ts';
import type { Session } from './session.ts';

const pageSize = 500;

export function serverOperations(session: Session, storage: Storage): Operations {
  const { redis, ledger, queues, models, configuration } = session;
  const prefix = configuration.QUEUE_PREFIX;
  const operations = createBatchOperations({ redis, prefix });
  const search = createItemSearch({ redis, prefix, ledger, models });

  async function retryGroup(batch: string, { reason, message }: RetrySelection): Promise<number> {
    const isWanted = (item: Item) =>
      message === undefined || groupKey(item.message ?? '') === groupKey(message);
    const wanted = new Set<string>();
    for (let from: number | null = 0; from !== null; ) {
      const page = await search.page(
        batch,
        { state: 'failed', reason },
        { from, size: pageSize, budgetMs: 1000 },
      );
      for (const item of page.items.filter(isWanted)) wanted.add(item.id);
      from = page.next;
    }
    return retrySome(batch, wanted, { redis, prefix, operations, queues });
  }

  return {
    async check(modelId, listName, chunks, inputs) {
      const model = models.get(modelId);
      const ids: string[] = [];
      const invalid: InvalidEntry[] = [];
      const finder = createItemFinder(model, checkShared(model, inputs), ({ line, text, reason }) =>
        invalid.push({ line, text, reason }),
      );
      const find = finder.open(listName);
      for await (const entries of readList({ name: listName, chunks }, model)) {
        for (const entry of entries) {
          const found = find(entry);
          if ('id' in found) ids.push(found.id);
        }
      }
      finder.end();
      return { ids, invalid };
    },
    async create({ batch, model: modelId, listName, chunks, inputs, force, onInvalid, signal }) {
      const model = models.get(modelId);
      const shared = checkShared(model, inputs);
      await ledger.openBatch(batch, { model: model.id, root: rootOf(storage) });
      const since = await ledger.now();
      const sources = [{ name: listName, chunks }];
      const counts = await enqueueLists(
        { batch, model, inputs: shared, sources, list: {}, force, since },
        { ledger, signal, onInvalid, onProgress: () => undefined },
      );
      return { batch, ...counts };
    },
    async retry(batch, selection) {
      if (selection.message !== undefined) return retryGroup(batch, selection);
      return (await retryBatch(batch, { operations, queues }, selection.reason)).retried;
    },
    async retryItem(id) {
      const item = await ledger.item(id);
      if (item === null) return false;
      const deps = { redis, prefix, operations, queues };
      return (await retrySome(item.batch, new Set([id]), deps)) > 0;
    },
    cancel: async (batch) => (await cancelBatch(batch, operations, { abandon: false })).cancelled,
    pause: operations.pause,
    resume: operations.resume,
    pauseAll: operations.pauseAll,
    resumeAll: operations.resumeAll,
    isAllPaused: operations.isAllPaused,
    setPriority: operations.setPriority,
  };
}
