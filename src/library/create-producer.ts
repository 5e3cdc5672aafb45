/**
 * `createProducer`: links in, from a program of somebody else's. What workers do with them can be asked for, by
 * batch or by link. Safe to share by a whole process, and to use at the same time from many.
 */

import { type EnqueueCounts, enqueueLists, type InvalidLine } from '../producer/enqueue-lists.ts';
import type { ListSource } from '../producer/lists/list-source.ts';
import { systemClock } from '../shared/clock.ts';
import { type Batch, totalOf, unfinished } from '../shared/ledger/batch.ts';
import { identifyLink } from '../shared/models/identify-link.ts';
import { DEFAULT_MODEL_ID, type ModelDefinition } from '../shared/models/model-definition.ts';
import { usualPrice } from '../shared/models/price.ts';
import { createStorage } from '../shared/storage/create-storage.ts';
import { rootOf } from '../shared/storage/storage-root.ts';
import { type ExportRow, exportRow } from '../shared/wording/export-row.ts';
import { type ConnectOptions, connect } from './connect.ts';

export interface Producer extends AsyncDisposable {
  /**
   * Takes links into a batch. A link that is known already (waiting, under way, saved) is not taken twice and not
   * paid twice, so it is safe to repeat after any failure.
   * @throws Error with `code` `BATCH` when the batch's name cannot be used or belongs to another model
   */
  enqueue(links: Iterable<string> | AsyncIterable<string>, options: EnqueueOptions): Promise<EnqueueResult>;
  /** Null when there is no such batch. */
  batch(name: string): Promise<BatchStatus | null>;
  /** What has become of a link; null when it was never taken. Throws when the model does not take such links. */
  link(url: string, options?: { readonly model?: string }): Promise<ExportRow | null>;
  close(): Promise<void>;
}

export interface EnqueueOptions {
  /** Made when there is none of that name: letters, digits, dots, dashes and underscores. */
  readonly batch: string;
  /** Default: `sora-watermark-remover`. */
  readonly model?: string;
  /** The most credits the batch may spend. Default: as it is, else no limit. */
  readonly maxCredits?: number;
  /** Take links again that have ended, saved or not: they will be paid again. Default: false. */
  readonly force?: boolean;
  /** Aborted, it stops at the next chunk; what it has taken stays taken. */
  readonly signal?: AbortSignal;
}

export interface EnqueueResult
  extends Pick<EnqueueCounts, 'total' | 'accepted' | 'duplicates' | 'alreadySaved'> {
  readonly batch: string;
  readonly invalid: number;
  /** The first hundred of them. */
  readonly invalidLinks: readonly InvalidLink[];
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
  const { ledger, models, configuration } = session;
  const storage = await createStorage(configuration.STORAGE_URL, { clock: systemClock });
  const root = rootOf(storage);
  await storage.close();

  async function openBatch(batch: string, model: ModelDefinition, maxCredits: number | undefined) {
    await ledger.openBatch(batch, { model: model.id, root });
    if (maxCredits !== undefined) await ledger.setBudget(batch, maxCredits, usualPrice(model));
  }

  async function enqueue(
    links: Iterable<string> | AsyncIterable<string>,
    { batch, model: modelId = DEFAULT_MODEL_ID, maxCredits, force = false, signal }: EnqueueOptions,
  ): Promise<EnqueueResult> {
    const model = models.get(modelId);
    await openBatch(batch, model, maxCredits);
    const invalidLinks: InvalidLink[] = [];
    const onInvalid = ({ line, text, reason }: InvalidLine) => {
      if (invalidLinks.length < shownInvalid) invalidLinks.push({ index: line - 1, text, reason });
    };
    const { total, accepted, duplicates, alreadySaved, invalid } = await enqueueLists(
      {
        batch,
        model,
        sources: [listOf(links)],
        list: { format: 'jsonl' },
        force,
        since: await ledger.now(),
      },
      { ledger, onInvalid, onProgress: () => undefined, signal: signal ?? new AbortController().signal },
    );
    return { batch, total, accepted, duplicates, alreadySaved, invalid, invalidLinks };
  }

  async function batch(name: string): Promise<BatchStatus | null> {
    const found = await ledger.batch(name);
    if (found === null) return null;
    return { ...found, total: totalOf(found.counts), ended: unfinished(found.counts) === 0 };
  }

  async function link(url: string, { model = DEFAULT_MODEL_ID } = {}): Promise<ExportRow | null> {
    const identified = identifyLink(models.get(model), url);
    if (!identified.ok) throw new TypeError(identified.reason);
    const item = await ledger.item(identified.id);
    return item === null ? null : exportRow(item, item.batch);
  }

  return { enqueue, batch, link, close: session.close, [Symbol.asyncDispose]: session.close };
}

/** Links as a list, an entry a line, so that they take the same way as links in files. */
function listOf(links: Iterable<string> | AsyncIterable<string>): ListSource {
  return { name: 'links', chunks: inLines(links) };
}

const linesAChunk = 500;

async function* inLines(links: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let lines: string[] = [];
  for await (const link of links) {
    lines.push(`${JSON.stringify(String(link))}\n`);
    if (lines.length < linesAChunk) continue;
    yield Buffer.from(lines.join(''));
    lines = [];
  }
  yield Buffer.from(lines.join(''));
}
