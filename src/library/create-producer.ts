/**
 * `createProducer`: enqueues links from another program, and reads their progress by batch or by link. Safe to share
 * within a process and to use concurrently.
 */
import { readStorageRoot } from '../app/open-storage.ts';
import { announceCost } from '../producer/announce-cost.ts';
import { type CancelSummary, cancelBatch } from '../producer/cancel-batch.ts';
import { type EnqueueCounts, enqueueLists, type InvalidLine } from '../producer/enqueue-lists.ts';
import type { ListSource } from '../producer/lists/list-source.ts';
import { localVideosOf } from '../producer/local-videos.ts';
import { openAnnounced } from '../producer/open-batch.ts';
import { type RetrySummary, retryBatch } from '../producer/retry-batch.ts';
import { type Batch, BatchError, totalOf, unfinished } from '../shared/ledger/batch.ts';
import { createBatchOperations } from '../shared/ledger/batch-operations.ts';
import { createItemSearch } from '../shared/ledger/search/item-search.ts';
import type { FailureReason } from '../shared/ledger/states.ts';
import type { CostForecast } from '../shared/models/estimate.ts';
import { identifyLink } from '../shared/models/identify-link.ts';
import { DEFAULT_MODEL_ID } from '../shared/models/model-definition.ts';
import { checkShared, differingInputs, type GivenInputs } from '../shared/models/resolve-inputs.ts';
import { withUploads } from '../shared/models/uploading.ts';
import { templateColumns } from '../shared/storage/path-template.ts';
import { type ExportRow, exportRow } from '../shared/wording/export-row.ts';
import { type ConnectOptions, connect } from './connect.ts';
import { askUntil, hasEnded, itemsAsTheyEnd } from './wait.ts';

export interface Producer extends AsyncDisposable {
  /**
   * Enqueues links in a batch. A known link (waiting, in progress, saved) is neither enqueued nor paid twice, so it is
   * safe to repeat after any failure.
   * @throws Error with `code` `BATCH` if the batch's name is invalid or belongs to another model
   */
  enqueue(links: GivenLinks, options: EnqueueOptions): Promise<EnqueueResult>;
  /** Null when there is no such batch. */
  batch(name: string): Promise<BatchStatus | null>;
  /** The state of a link; null if it was never enqueued. Throws if the model does not accept such links. */
  link(url: string, options?: LinkOptions): Promise<ExportRow | null>;
  /** All items of a link, one for each set of inputs. Searches all batches. */
  links(url: string): Promise<readonly ExportRow[]>;
  /** Resolves when the batch has ended. Throws if there is no such batch. */
  waitForBatch(name: string, options?: WaitOptions): Promise<BatchStatus>;
  /** Resolves when the link has ended or is held; null at once if it was never enqueued. */
  waitForLink(url: string, options?: LinkOptions & WaitOptions): Promise<ExportRow | null>;
  /** Each link of the batch once, as soon as it has ended or is held; done when the batch has ended. */
  endedLinks(batch: string, options?: WaitOptions): AsyncIterable<ExportRow>;
  /** Retries failed, cancelled and held links; results of paid tasks are collected for free. */
  retry(batch: string, options?: { readonly reason?: FailureReason }): Promise<RetrySummary>;
  /** Cancels waiting and held links. Paid tasks are collected unless `abandon` is set. */
  cancel(batch: string, options?: { readonly abandon?: boolean }): Promise<CancelSummary>;
  close(): Promise<void>;
}

export interface WaitOptions {
  /** Aborted, the wait ends with its reason; the work continues. */
  readonly signal?: AbortSignal;
}

/** Which link is meant: the same video may have been given to several models, or with several inputs. */
export interface LinkOptions {
  readonly model?: string;
  readonly inputs?: GivenInputs;
}

/** A link, or one with its own inputs: values by the names that `kie-batch models ID` shows. */
type GivenLink = string | { readonly url: string; readonly inputs?: GivenInputs };
type GivenLinks = Iterable<GivenLink> | AsyncIterable<GivenLink>;

export interface EnqueueOptions {
  /** Made when there is none of that name: letters, digits, dots, dashes and underscores. */
  readonly batch: string;
  /** Default: `sora-watermark-remover`. */
  readonly model?: string;
  /** Inputs for all links; a link's own win. */
  readonly inputs?: GivenInputs;
  /** The most credits the batch may spend. Default: as it is, else no limit. */
  readonly maxCredits?: number;
  /** Enqueue finished links again, saved or not: they are paid again. Default: false. */
  readonly force?: boolean;
  /** Workers fetch the videos and upload them to the vendor, for links that the vendor cannot reach. Default: false. */
  readonly upload?: boolean;
  /** When aborted, it stops at the next chunk; what was enqueued stays enqueued. */
  readonly signal?: AbortSignal;
}

export interface EnqueueResult
  extends Pick<EnqueueCounts, 'total' | 'accepted' | 'duplicates' | 'alreadySaved'> {
  readonly batch: string;
  readonly invalid: number;
  /** The first hundred of them. */
  readonly invalidLinks: readonly InvalidLink[];
  /** What the waiting tasks are expected to cost. The batch is paused when they cost more than was announced. */
  readonly cost: CostForecast;
}

export interface InvalidLink {
  /** Its place among the links given, from 0. */
  readonly index: number;
  readonly text: string;
  readonly reason: string;
}

export interface BatchStatus extends Batch {
  readonly total: number;
  /** Nothing is left to do that happens by itself. */
  readonly ended: boolean;
}

const shownInvalid = 100;

/** @throws Error that says what to do when the settings are wrong or Redis cannot be reached */
export async function createProducer(options: ConnectOptions = {}): Promise<Producer> {
  const session = await connect(options);
  const { ledger, models, configuration, queues } = session;
  const root = await readStorageRoot(configuration);
  const locals = localVideosOf(configuration);
  session.prices.keepFresh();

  async function enqueue(links: GivenLinks, options: EnqueueOptions): Promise<EnqueueResult> {
    const { batch, model: modelId = DEFAULT_MODEL_ID, inputs = {}, force = false, upload, signal } = options;
    const allowsPrivate = configuration.ALLOW_PRIVATE_ADDRESSES;
    const model = withUploads(models.get(modelId), { upload, allowsPrivate });
    const shared = checkShared(model, inputs);
    await openAnnounced({ batch, model, root, upload, maxCredits: options.maxCredits }, session);
    const invalidLinks: InvalidLink[] = [];
    const onInvalid = ({ line, text, reason }: InvalidLine) => {
      if (invalidLinks.length < shownInvalid) invalidLinks.push({ index: line - 1, text, reason });
    };
    const { total, accepted, duplicates, alreadySaved, invalid } = await enqueueLists(
      {
        batch,
        model,
        inputs: shared,
        sources: [listOf(links)],
        list: { format: 'jsonl', localFolder: process.cwd() },
        force,
        keep: templateColumns(configuration.PATH_TEMPLATE),
        since: await ledger.now(),
      },
      {
        ledger,
        locals,
        onInvalid,
        onProgress: () => undefined,
        signal: signal ?? new AbortController().signal,
      },
    );
    const cost = await announceCost(batch, model, session);
    return { batch, total, accepted, duplicates, alreadySaved, invalid, invalidLinks, cost };
  }

  async function batch(name: string): Promise<BatchStatus | null> {
    const found = await ledger.batch(name);
    if (found === null) return null;
    return { ...found, total: totalOf(found.counts), ended: unfinished(found.counts) === 0 };
  }

  async function link(
    url: string,
    { model: modelId = DEFAULT_MODEL_ID, inputs = {} }: LinkOptions = {},
  ): Promise<ExportRow | null> {
    const model = models.get(modelId);
    const identified = identifyLink(model, url, differingInputs(model, checkShared(model, inputs)));
    if (!identified.ok) throw new TypeError(identified.reason);
    const item = await ledger.item(identified.id);
    return item === null ? null : exportRow(item, item.batch);
  }

  async function links(url: string): Promise<readonly ExportRow[]> {
    const items = await createItemSearch(session).findAll(url);
    return items.map((item) => exportRow(item, item.batch));
  }

  async function known(name: string): Promise<BatchStatus> {
    const found = await batch(name);
    if (found === null) throw new BatchError(`There is no batch "${name}"`);
    return found;
  }

  function waitForBatch(name: string, { signal }: WaitOptions = {}): Promise<BatchStatus> {
    return askUntil(async () => {
      const found = await known(name);
      return found.ended ? found : undefined;
    }, signal);
  }

  function waitForLink(url: string, { signal, ...which }: LinkOptions & WaitOptions = {}) {
    return askUntil(async () => {
      const found = await link(url, which);
      return found === null || hasEnded(found) ? found : undefined;
    }, signal);
  }

  async function* endedLinks(name: string, { signal }: WaitOptions = {}): AsyncGenerator<ExportRow> {
    await known(name);
    for await (const item of itemsAsTheyEnd(name, ledger, signal)) yield exportRow(item, name);
  }

  const operations = createBatchOperations(session);
  return {
    enqueue,
    batch,
    link,
    links,
    waitForBatch,
    waitForLink,
    endedLinks,
    async retry(name, { reason } = {}) {
      await known(name);
      return retryBatch(name, { operations, queues }, reason);
    },
    async cancel(name, { abandon = false } = {}) {
      await known(name);
      return cancelBatch(name, operations, { abandon });
    },
    close: session.close,
    [Symbol.asyncDispose]: session.close,
  };
}

/** The links as JSON lines, so that they are read like a file. */
function listOf(links: GivenLinks): ListSource {
  return { name: 'links', chunks: inLines(links) };
}

const linesAChunk = 500;

/** The link's own field is last: an input cannot replace it. */
function lineOf(link: GivenLink): string | object {
  return typeof link === 'object' ? { ...link.inputs, url: link.url } : String(link);
}

async function* inLines(links: GivenLinks): AsyncGenerator<Uint8Array> {
  let lines: string[] = [];
  for await (const link of links) {
    lines.push(`${JSON.stringify(lineOf(link))}\n`);
    if (lines.length < linesAChunk) continue;
    yield Buffer.from(lines.join(''));
    lines = [];
  }
  yield Buffer.from(lines.join(''));
}
