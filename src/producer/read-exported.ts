/**
 * The lines of an export as values, JSONL or CSV, packed or not: bytes in, rows with their line out, in constant memory.
 * Called by import-export.ts, which judges the values. A line that cannot be read is a row with a reason; it costs
 * nothing but itself.
 */
import { RecordAssembler } from './lists/csv-records.ts';
import { parseRecords } from './lists/csv-rows.ts';
import { asUtf8, encodingOf } from './lists/list-encoding.ts';
import { withHead } from './lists/list-head.ts';
import type { ListSource } from './lists/list-source.ts';
import { physicalLines } from './lists/physical-lines.ts';
import { DAMAGED_GZIP, unpackedBytes } from './lists/read-list.ts';
import { GzipError } from './lists/unpack-gzip.ts';

export type ExportFormat = 'jsonl' | 'csv';

export type ExportedLine = { readonly line: number; readonly text: string } & (
  | { readonly value: unknown }
  | { readonly reason: string }
);

const headBytes = 4096;

/** Yields the lines of each block read. @throws ListError when the source itself fails */
export async function* readExported(
  source: ListSource,
  format: ExportFormat,
): AsyncGenerator<ExportedLine[]> {
  let lastLine = 1;
  try {
    for await (const lines of blocksOf(source, format)) {
      lastLine = lines.at(-1)?.line ?? lastLine;
      yield lines;
    }
  } catch (error) {
    if (!(error instanceof GzipError)) throw error;
    yield [{ line: lastLine, text: '', reason: DAMAGED_GZIP }];
  }
}

async function* blocksOf(source: ListSource, format: ExportFormat): AsyncGenerator<ExportedLine[]> {
  await using stream = await withHead(unpackedBytes(source), headBytes);
  const encoding = encodingOf(stream.head);
  if (encoding.kind === 'unreadable') yield [{ line: 1, text: '', reason: encoding.reason }];
  else yield* (format === 'csv' ? csvBlocks : jsonlBlocks)(asUtf8(stream.chunks, encoding));
}

async function* jsonlBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<ExportedLine[]> {
  for await (const { firstLine, lines } of physicalLines(chunks)) {
    yield lines.flatMap((each, index) => {
      const line = firstLine + index;
      if (typeof each !== 'string') return [{ line, ...each }];
      return each.trim() === '' ? [] : [jsonLine(line, each)];
    });
  }
}

function jsonLine(line: number, text: string): ExportedLine {
  try {
    const value: unknown = JSON.parse(text);
    return { line, text, value };
  } catch {
    return { line, text, reason: 'is not valid JSON' };
  }
}

async function* csvBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<ExportedLine[]> {
  const records = new RecordAssembler(',', undefined);
  let header: readonly string[] | undefined;
  const linesOf = (found: ReturnType<RecordAssembler['push']>): ExportedLine[] =>
    parseRecords(found, ',').flatMap((row): ExportedLine[] => {
      if ('reason' in row) return [row];
      const { line, text, cells } = row;
      if (header !== undefined) return [{ line, text, value: rowOf(header, cells) }];
      header = cells;
      return [];
    });
  for await (const block of physicalLines(chunks)) yield linesOf(records.push(block));
  yield linesOf(records.end());
}

/** A cell that a spreadsheet would read as a formula was exported after an apostrophe. */
function rowOf(header: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    header.map((name, index) => [name, (cells[index] ?? '').replace(/^'(?=[=+\-@\t\r])/, '')]),
  );
}
