/**
 * Imports an export into this ledger, to move to another Redis. Called by `import`. Streams; safe to kill and to
 * repeat, because known items do not change. While Redis writes one chunk, the next is read.
 */
import { BatchError } from '../shared/ledger/batch.ts';
import type { BatchOperations, ImportedItem } from '../shared/ledger/batch-operations.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { ModelRegistry } from '../shared/models/load-models.ts';
import type { InvalidLine } from './enqueue-lists.ts';
import { type ReadRow, readExportedRow } from './exported-row.ts';
import { printable } from './lists/list-entry.ts';
import type { ListSource } from './lists/list-source.ts';
import { type ExportedLine, type ExportFormat, readExported } from './read-exported.ts';

export interface ImportCounts {
  /** Rows; the three below add up to it. */
  readonly total: number;
  readonly imported: number;
  readonly known: number;
  readonly invalid: number;
}

export interface ImportRequest {
  readonly format: ExportFormat;
  /** In place of the batches that the rows name. */
  readonly batch?: string | undefined;
}

export interface ImportDeps {
  readonly ledger: Ledger;
  readonly operations: BatchOperations;
  readonly models: ModelRegistry;
  /** Where this ledger's files lie; a file elsewhere keeps its place. */
  readonly storageRoot: string;
  readonly onInvalid: (line: InvalidLine) => void;
  readonly onProgress: (total: number) => void;
  readonly signal: AbortSignal;
}

const chunkSize = 500;

/** @throws ListError when the source cannot be read; when aborted, returns what has been counted so far */
export async function importExport(
  source: ListSource,
  { format, batch }: ImportRequest,
  deps: ImportDeps,
): Promise<ImportCounts> {
  const counts = { total: 0, imported: 0, known: 0, invalid: 0 };
  const models = new Map(deps.models.list().map((model) => [model.id, model]));
  const refusalOf = openBatches(deps);
  const sender = openSender(deps.operations, (reply) => {
    counts.imported += reply.imported;
    counts.known += reply.known;
    deps.onProgress(counts.total);
  });

  const take = async (exported: ExportedLine) => {
    counts.total += 1;
    const row = judge(exported, (id) => models.get(id) ?? null);
    const name = row.ok ? (batch ?? row.batch) : '';
    const refusal = row.ok ? await refusalOf(name, row.model, isUploaded(row.item)) : row.reason;
    if (row.ok && refusal === null) return sender.add(name, row.item);
    counts.invalid += 1;
    const { line, text } = exported;
    deps.onInvalid({ file: source.name, line, text: printable(text), reason: refusal ?? '' });
  };

  for await (const lines of readExported(source, format)) {
    for (const exported of lines) {
      if (!deps.signal.aborted) await take(exported);
    }
    if (deps.signal.aborted) break;
  }
  await sender.finish();
  return counts;
}

function judge(exported: ExportedLine, modelOf: Parameters<typeof readExportedRow>[1]): ReadRow {
  if ('reason' in exported) return { ok: false, reason: exported.reason };
  return readExportedRow(exported.value, modelOf);
}

/** Links that are only accepted with `--upload`. */
function isUploaded({ url }: ImportedItem): boolean {
  return /^http:/i.test(url);
}

/** Creates each batch before its first item; returns why it cannot hold items of that model, else null. */
function openBatches({ ledger, storageRoot }: ImportDeps) {
  const refusals = new Map<string, string | null>();
  return async (name: string, model: string, upload: boolean): Promise<string | null> => {
    const key = `${name} ${model} ${upload}`;
    const known = refusals.get(key);
    if (known !== undefined) return known;
    const refusal = await ledger.openBatch(name, { model, root: storageRoot, upload }).then(
      () => null,
      (error: unknown) => {
        if (error instanceof BatchError) return error.message;
        throw error;
      },
    );
    refusals.set(key, refusal);
    return refusal;
  };
}

type ImportReply = Awaited<ReturnType<BatchOperations['importItems']>>;

/** Collects the items of each batch into chunks; one chunk is written at a time. */
function openSender({ importItems }: BatchOperations, onReply: (reply: ImportReply) => void) {
  const waiting = new Map<string, ImportedItem[]>();
  let underWay: Promise<ImportReply> | undefined;

  const finishLast = async () => {
    if (underWay !== undefined) onReply(await underWay);
    underWay = undefined;
  };
  const send = async (name: string, items: readonly ImportedItem[]) => {
    waiting.delete(name);
    await finishLast();
    underWay = importItems(name, items);
    // Its rejection is handled when it is awaited in turn; until then it must not count as unhandled.
    underWay.catch(() => undefined);
  };

  return {
    async add(name: string, item: ImportedItem): Promise<void> {
      const items = waiting.get(name) ?? [];
      items.push(item);
      waiting.set(name, items);
      if (items.length >= chunkSize) await send(name, items);
    },
    async finish(): Promise<void> {
      for (const [name, items] of waiting) await send(name, items);
      await finishLast();
    },
  };
}
