/**
 * What people can do through the server, put together from the producer's functions: the wiring between two
 * parts that know each other only through src/shared.
 */
import { announceCost } from '../producer/announce-cost.ts';
import { cancelBatch } from '../producer/cancel-batch.ts';
import { enqueueLists } from '../producer/enqueue-lists.ts';
import { creditsOf, foreseeLinks } from '../producer/foresee-cost.ts';
import { retryCountsOf, retryCountsOfItems } from '../producer/foresee-retry.ts';
import { lookingLedger, openSample } from '../producer/looking-ledger.ts';
import { openAnnounced } from '../producer/open-batch.ts';
import { retryBatch } from '../producer/retry-batch.ts';
import { retrySome } from '../producer/retry-some.ts';
import { uploadedList } from '../producer/uploaded-list.ts';
import type { Operations, RetrySelection } from '../server/server-deps.ts';
import { checkBatchName } from '../shared/ledger/batch.ts';
import { createBatchOperations } from '../shared/ledger/batch-operations.ts';
import type { Item } from '../shared/ledger/item.ts';
import { groupKey } from '../shared/ledger/search/failure-groups.ts';
import { createItemSearch } from '../shared/ledger/search/item-search.ts';
import { videoRelay } from '../shared/local-video/video-relay.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { usualPrice } from '../shared/models/price.ts';
import { checkShared } from '../shared/models/resolve-inputs.ts';
import { withUploads } from '../shared/models/uploading.ts';
import { readLearnedPrice } from '../shared/prices/learned-prices.ts';
import { templateColumns } from '../shared/storage/path-template.ts';
import type { Storage } from '../shared/storage/storage.ts';
import { rootOf } from '../shared/storage/storage-root.ts';
import type { Session } from './session.ts';

const pageSize = 500;

export function serverOperations(session: Session, storage: Storage): Operations {
  const { redis, prefix, ledger, queues, models } = session;
  const operations = createBatchOperations(session);
  const search = createItemSearch(session);

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

  const isCounted = ({ state, message }: RetrySelection) => state === undefined && message === undefined;
  const retryItems = (batch: string, items: readonly Item[]) =>
    retrySome(batch, new Set(items.map(({ id }) => id)), { redis, prefix, operations, queues });

  async function priceOf(modelId: string): Promise<number | null> {
    const model = models.list().find(({ id }) => id === modelId);
    if (model === undefined) return null;
    const learned = await readLearnedPrice(session, model, model.input.defaults);
    return learned?.highest ?? usualPrice(model);
  }

  function modelFor(id: string, upload: boolean | undefined): ModelDefinition {
    const allowsPrivate = session.configuration.ALLOW_PRIVATE_ADDRESSES;
    return withUploads(models.get(id), { upload, allowsPrivate });
  }

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
    async check({ model: modelId, inputs, listName, chunks, videos, ...request }, listener) {
      checkBatchName(request.batch);
      const model = modelFor(modelId, request.upload);
      const sample = openSample();
      const looking = lookingLedger(ledger, request.force, (link, what) => {
        if (what === 'new') sample.add(link);
        listener.onRow({ id: link.id, url: link.url, inputs: link.inputs ?? {}, what });
      });
      const uploaded = uploadedList({ name: listName, chunks }, videos, session.configuration);
      const shared = checkShared(model, inputs);
      await enqueueLists(
        { ...request, ...uploaded.lists, model, inputs: shared, since: 0 },
        { ...listener, locals: uploaded.locals, ledger: looking, onProgress: () => undefined },
      );
      const links = sample.links();
      if (links.count === 0) return { credits: 0 };
      const lengths = { secondsOf: async () => null };
      const forecast = await foreseeLinks(links, model, { redis, prefix, lengths, signal: listener.signal });
      return { credits: creditsOf(forecast, links.count) };
    },
    async create({ model: modelId, listName, chunks, inputs, videos, onProgress, ...request }) {
      const { batch, force, upload, budget, priority, isPaused = false, onInvalid, signal } = request;
      checkBatchName(batch);
      const model = modelFor(modelId, upload);
      const shared = checkShared(model, inputs);
      const since = await ledger.now();
      const uploaded = uploadedList({ name: listName, chunks }, videos, session.configuration);
      const keep = templateColumns(session.configuration.PATH_TEMPLATE);
      const openBatch = async () => {
        const price = await priceOf(model.id);
        const maxCredits = budget ?? undefined;
        const root = rootOf(storage);
        await openAnnounced({ batch, model, root, priority, upload, maxCredits, price }, session);
        if (isPaused) await operations.pause(batch);
      };
      const counts = await enqueueLists(
        { batch, ...uploaded.lists, model, inputs: shared, keep, force, since },
        {
          ledger,
          locals: uploaded.locals,
          relay: videoRelay(storage),
          signal,
          onInvalid,
          openBatch,
          onProgress: ({ accepted, duplicates, alreadySaved }) =>
            onProgress?.(accepted + duplicates + alreadySaved),
        },
      );
      return { batch, ...counts, cost: await announceCost(batch, model, session) };
    },
    async foreseeRetry(name, selection) {
      const batch = await ledger.batch(name);
      if (batch === null) return { links: 0, collected: 0, newTasks: 0, creditsPerTask: null };
      const counts = isCounted(selection)
        ? retryCountsOf(batch, selection.reason)
        : retryCountsOfItems(await itemsOf(name, selection));
      return { ...counts, creditsPerTask: await priceOf(batch.model) };
    },
    async foreseeRetryOfItem(id) {
      const item = await ledger.item(id);
      const counts = retryCountsOfItems(item === null ? [] : [item]);
      return { ...counts, creditsPerTask: await priceOf(item?.model ?? '') };
    },
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
    async retry(batch, selection) {
      if (!isCounted(selection)) return retryItems(batch, await itemsOf(batch, selection));
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
    async lookNow(id) {
      const item = await ledger.item(id);
      if (item?.state !== 'processing' && item?.state !== 'downloading') return false;
      await queues.wake(item.state === 'processing' ? 'status-check' : 'download', id);
      return true;
    },
    setPriority: operations.setPriority,
  };
}
