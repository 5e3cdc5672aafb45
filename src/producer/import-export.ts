/**
 * Takes an export over into this ledger: the way to another Redis. Called by `import`. Streams; safe to repeat, because
 * an item that is known already stays as it is.
 */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { BatchOperations, ImportedItem } from '../shared/ledger/batch-operations.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { ModelRegistry } from '../shared/models/load-models.ts';
import type { InvalidLine } from './enqueue-lists.ts';
import { readExportedRow } from './exported-row.ts';
import type { ListSource } from './lists/list-source.ts';

export interface ImportCounts {
  readonly total: number;
  readonly imported: number;
  readonly known: number;
  readonly invalid: number;
}

export interface ImportDeps {
  readonly ledger: Ledger;
  readonly operations: BatchOperations;
  readonly models: ModelRegistry;
  /** Where this ledger's files lie; a file elsewhere keeps its place. */
  readonly storageRoot: string;
  readonly onInvalid: (line: InvalidLine) => void;
  readonly signal: AbortSignal;
}

const chunkSize = 500;

export async function importExport(
  source: ListSource,
  { format, batch }: { readonly format: 'jsonl' | 'csv'; readonly batch?: string | undefined },
  deps: ImportDeps,
): Promise<ImportCounts> {
  const counts = { total: 0, imported: 0, known: 0, invalid: 0 };
  const waiting = new Map<string, ImportedItem[]>();
  const opened = new Set<string>();
  const modelOf = (id: string) => deps.models.list().find((model) => model.id === id) ?? null;

  const send = async (name: string) => {
    const items = waiting.get(name) ?? [];
    waiting.delete(name);
    const { imported, known } = await deps.operations.importItems(name, items);
    counts.imported += imported;
    counts.known += known;
  };

  for await (const { line, row } of readRows(source, format)) {
    if (deps.signal.aborted) break;
    counts.total += 1;
    const read = readExportedRow(row, modelOf);
    if (!read.ok) {
      counts.invalid += 1;
      deps.onInvalid({ file: source.name, line, text: '', reason: read.reason });
      continue;
    }
    const name = batch ?? read.batch;
    if (!opened.has(name)) {
      await deps.ledger.openBatch(name, { model: read.model, root: deps.storageRoot });
      opened.add(name);
    }
    const items = waiting.get(name) ?? [];
    items.push(read.item);
    waiting.set(name, items);
    if (items.length >= chunkSize) await send(name);
  }
  for (const name of waiting.keys()) await send(name);
  return counts;
}

async function* readRows(
  { chunks }: ListSource,
  format: 'jsonl' | 'csv',
): AsyncGenerator<{ readonly line: number; readonly row: unknown }> {
  let line = 0;
  if (format === 'csv') {
    const rows = Readable.from(chunks).pipe(parse({ columns: true, bom: true, relax_column_count: true }));
    line = 1;
    for await (const row of rows) {
      line += 1;
      yield { line, row: withoutFormulaGuards(row) };
    }
    return;
  }
  for await (const text of createInterface({
    input: Readable.from(chunks),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line += 1;
    if (text.trim() !== '') yield { line, row: parseJson(text) };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A cell that a spreadsheet would take for a formula was exported behind an apostrophe. */
function withoutFormulaGuards(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  const bare = (value: unknown) =>
    typeof value === 'string' ? value.replace(/^'(?=[=+\-@\t\r])/, '') : value;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, bare(value)]));
}
