/** What people do with lists through the server: check every line of one, and make a batch of it. */
import { announceCost } from '../producer/announce-cost.ts';
import { enqueueLists } from '../producer/enqueue-lists.ts';
import { creditsOf, foreseeLinks } from '../producer/foresee-cost.ts';
import { lookingLedger, openSample } from '../producer/looking-ledger.ts';
import { openAnnounced } from '../producer/open-batch.ts';
import { uploadedList } from '../producer/uploaded-list.ts';
import type { Operations } from '../server/server-deps.ts';
import { checkBatchName } from '../shared/ledger/batch.ts';
import type { BatchOperations } from '../shared/ledger/batch-operations.ts';
import { videoRelay } from '../shared/local-video/video-relay.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { checkShared } from '../shared/models/resolve-inputs.ts';
import { withUploads } from '../shared/models/uploading.ts';
import { templateColumns } from '../shared/storage/path-template.ts';
import type { Storage } from '../shared/storage/storage.ts';
import { rootOf } from '../shared/storage/storage-root.ts';
import { priceOfModel } from './model-price.ts';
import type { Session } from './session.ts';

export function listOperations(
  session: Session,
  storage: Storage,
  operations: BatchOperations,
): Pick<Operations, 'check' | 'create'> {
  const { redis, prefix, ledger, models, configuration } = session;

  function modelFor(id: string, upload: boolean | undefined): ModelDefinition {
    const allowsPrivate = configuration.ALLOW_PRIVATE_ADDRESSES;
    return withUploads(models.get(id), { upload, allowsPrivate });
  }

  return {
    async check({ model: modelId, inputs, listName, chunks, videos, ...request }, listener) {
      checkBatchName(request.batch);
      const model = modelFor(modelId, request.upload);
      const sample = openSample();
      const looking = lookingLedger(ledger, request.force, (link, what) => {
        if (what === 'new') sample.add(link);
        listener.onRow({ id: link.id, url: link.url, inputs: link.inputs ?? {}, what });
      });
      const uploaded = uploadedList({ name: listName, chunks }, videos, configuration);
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
      const uploaded = uploadedList({ name: listName, chunks }, videos, configuration);
      const keep = templateColumns(configuration.PATH_TEMPLATE);
      const openBatch = async () => {
        const price = await priceOfModel(model.id, session);
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
  };
}
