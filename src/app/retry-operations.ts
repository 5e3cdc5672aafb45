/** Retries through the server: what one would cost, and the retry of a batch, a choice of its links, or one link. */
import { retryCountsOf, retryCountsOfItems } from '../producer/foresee-retry.ts';
import { retryBatch } from '../producer/retry-batch.ts';
import { retrySome } from '../producer/retry-some.ts';
import type { Operations, RetrySelection } from '../server/server-deps.ts';
import type { BatchOperations } from '../shared/ledger/batch-operations.ts';
import type { Item } from '../shared/ledger/item.ts';
import { groupKey } from '../shared/ledger/search/failure-groups.ts';
import { createItemSearch } from '../shared/ledger/search/item-search.ts';
import { priceOfModel } from './model-price.ts';
import type { Session } from './session.ts';

const pageSize = 500;

export interface RetryOperations
  extends Pick<Operations, 'foreseeRetry' | 'foreseeRetryOfItem' | 'retry' | 'retryItem'> {
  itemsOf(batch: string, selection: RetrySelection): Promise<Item[]>;
}

export function retryOperations(session: Session, operations: BatchOperations): RetryOperations {
  const { redis, prefix, ledger, queues } = session;
  const search = createItemSearch(session);
  const retryItems = (batch: string, ids: readonly string[]) =>
    retrySome(batch, new Set(ids), { redis, prefix, operations, queues });

  /** The items of a choice that has no counter; of a million failures all are read. */
  async function itemsOf(batch: string, { state, reason, message }: RetrySelection): Promise<Item[]> {
    const isWanted = (item: Item) =>
      message === undefined || groupKey(item.message ?? '') === groupKey(message);
    const found: Item[] = [];
    for (let from: number | null = 0; from !== null; ) {
      const page = await search.page(
        batch,
        { state: state ?? 'failed', reason },
        { from, size: pageSize, budgetMs: 1000 },
      );
      found.push(...page.items.filter(isWanted));
      from = page.next;
    }
    return found;
  }

  return {
    itemsOf,
    async foreseeRetry(name, selection) {
      const batch = await ledger.batch(name);
      if (batch === null) return { links: 0, collected: 0, newTasks: 0, creditsPerTask: null };
      const counts = isCounted(selection)
        ? retryCountsOf(batch, selection.reason)
        : retryCountsOfItems(await itemsOf(name, selection));
      return { ...counts, creditsPerTask: await priceOfModel(batch.model, session) };
    },
    async foreseeRetryOfItem(id) {
      const item = await ledger.item(id);
      const counts = retryCountsOfItems(item === null ? [] : [item]);
      return { ...counts, creditsPerTask: await priceOfModel(item?.model ?? '', session) };
    },
    async retry(batch, selection) {
      if (!isCounted(selection))
        return retryItems(
          batch,
          (await itemsOf(batch, selection)).map(({ id }) => id),
        );
      return (await retryBatch(batch, { operations, queues }, selection.reason)).retried;
    },
    async retryItem(id) {
      const item = await ledger.item(id);
      return item !== null && (await retryItems(item.batch, [id])) > 0;
    },
  };
}

/** Whether the batch's counters say how many links it has. */
function isCounted({ state, message }: RetrySelection): boolean {
  return state === undefined && message === undefined;
}
