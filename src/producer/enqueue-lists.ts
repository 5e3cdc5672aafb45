/**
 * The way in: lists of links become items of a batch. Called by `run` and `enqueue`. Streams, so the size of a
 * list does not matter; safe to repeat, because a link given again changes nothing. While Redis works on
 * one chunk the next is read.
 */
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { EnqueuedChunk, LedgerLink } from '../shared/ledger/take-links.ts';
import { isLocalAddress, placeOf } from '../shared/local-video/local-address.ts';
import type { VideoRelay } from '../shared/local-video/video-relay.ts';
import type { Inputs } from '../shared/models/input-spec.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { differingInputs } from '../shared/models/resolve-inputs.ts';
import { createColumnNotice } from './column-notice.ts';
import { createItemFinder } from './find-item.ts';
import { type KeptColumns, keptRow } from './kept-row.ts';
import { expandFolder } from './lists/folder-videos.ts';
import type { ListOptions, ListSource } from './lists/list-source.ts';
import { readList } from './lists/read-list.ts';
import { describeUnusableList } from './lists/unusable-list.ts';
import type { LocalVideos } from './local-videos.ts';

export interface InvalidLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly reason: string;
}

export interface EnqueueCounts {
  /** Links and invalid lines found; the four below add up to it. */
  readonly total: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly alreadySaved: number;
  readonly invalid: number;
  /** By how much the batch's count of saved items changed by the links alone, see the ledger. */
  readonly savedChange: number;
}

export interface EnqueueRequest {
  readonly batch: string;
  readonly model: ModelDefinition;
  readonly sources: readonly ListSource[];
  readonly list: ListOptions;
  readonly force: boolean;
  /** For all links, from `checkShared`; a link's own values win. */
  readonly inputs?: Inputs;
  /** Columns of the lists that are carried along with each link; default none. */
  readonly keep?: KeptColumns;
  /** When the run began, by Redis's clock. */
  readonly since: number;
}

export interface EnqueueDeps {
  readonly ledger: Ledger;
  readonly onInvalid: (line: InvalidLine) => void;
  /** A list with lines of which none could be used, and what it seems to be. */
  readonly onUnusableList?: (message: string) => void;
  /** Which columns or fields set inputs and which do not, in a sentence; once, before anything is enqueued. */
  readonly onColumns?: (text: string) => void;
  readonly onProgress: (counts: EnqueueCounts) => void;
  /** Called once, before the first links are enqueued: a list without a link creates no batch. */
  readonly openBatch?: () => Promise<void>;
  /** Reads videos of this machine; without it lists that name files are refused. */
  readonly locals?: LocalVideos | undefined;
  /** Sends these to workers on other machines. */
  readonly relay?: VideoRelay | null | undefined;
  readonly signal: AbortSignal;
}

const chunkSize = 1000;
/** Concurrent chunks: enough to keep Redis busy while the next is read. */
const mostUnderWay = 3;

/**
 * Throws ListError if a list cannot be read, and InputError if no line has an input that the model requires, before
 * anything is enqueued; when aborted, returns the counts so far.
 */
export async function enqueueLists(request: EnqueueRequest, deps: EnqueueDeps): Promise<EnqueueCounts> {
  const counts = { total: 0, accepted: 0, duplicates: 0, alreadySaved: 0, invalid: 0, savedChange: 0 };
  const underWay: Promise<EnqueuedChunk>[] = [];
  let chunk: LedgerLink[] = [];
  let opened: Promise<void> | undefined;
  const { model, inputs = {} } = request;
  const finder = createItemFinder(model, inputs, deps.onInvalid);
  const notice = createColumnNotice(model, request.keep ?? [], deps.onColumns);
  const options = { ...request, inputs: differingInputs(model, inputs) };

  const finishOldest = async () => {
    const enqueued = await underWay.shift();
    for (const answer of enqueued?.answers ?? []) counts[counterOf[answer]] += 1;
    counts.savedChange += enqueued?.savedChange ?? 0;
    deps.onProgress(counts);
  };
  const send = async () => {
    if (chunk.length === 0) return;
    opened ??= deps.openBatch?.() ?? Promise.resolve();
    await opened;
    const sending = deps.ledger.enqueue(request.batch, chunk, options);
    // Its rejection is handled when it is awaited in turn; until then it must not count as unhandled.
    sending.catch(() => undefined);
    underWay.push(sending);
    chunk = [];
    if (underWay.length >= mostUnderWay) await finishOldest();
  };

  for (const source of request.sources) {
    const find = finder.open(source.name);
    const unusable: string[] = [];
    let isUsable = false;
    for await (const entries of readList(source, request.model, request.list)) {
      if (deps.signal.aborted) break;
      notice.look(entries);
      for (const entry of deps.locals === undefined ? entries : entries.flatMap(expandFolder)) {
        counts.total += 1;
        const isFile = entry.kind === 'link' && isLocalAddress(entry.link);
        const local = isFile ? await deps.locals?.read(entry.link, model) : undefined;
        const found = find(entry, local);
        if ('reason' in found) {
          counts.invalid += 1;
          if (unusable.length < 20) unusable.push(found.text);
          continue;
        }
        isUsable = true;
        if (isFile && deps.relay) await relayVideo(found, request.force, deps);
        const row = entry.kind === 'link' ? keptRow(entry, request.keep ?? []) : undefined;
        chunk.push(row === undefined ? found : { ...found, row });
        if (chunk.length >= chunkSize) await send();
      }
    }
    if (!isUsable && unusable.length > 1) deps.onUnusableList?.(describeUnusableList(source.name, unusable));
  }
  finder.end();
  await send();
  while (underWay.length > 0) await finishOldest();
  return counts;
}

/** Before its item exists: a worker may submit it at once. */
async function relayVideo(
  { id, url }: LedgerLink,
  force: boolean,
  { ledger, relay }: EnqueueDeps,
): Promise<void> {
  const path = placeOf(url)?.path;
  const [state] = await ledger.statesOf([id]);
  if (path !== undefined && (force || state === null)) await relay?.put(id, path);
}

const counterOf = { accepted: 'accepted', duplicate: 'duplicates', 'already-saved': 'alreadySaved' } as const;
