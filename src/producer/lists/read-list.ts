/**
 * Reads one list of any size and format: bytes in, entries out, in constant memory and at the reader's pace. Bad lines
 * are entries too and never end the reading; a file that is not a list is one problem. Called by everything that
 * enqueues links, with a source of `openListFiles` or any other stream of bytes.
 */
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { type ListEntry, printable, problemAt } from './list-entry.ts';
import { ListError } from './list-error.ts';
import { withHead } from './list-head.ts';
import type { ListOptions, ListSource } from './list-source.ts';
import { readHeaded } from './read-headed.ts';
import { GzipError, looksGzipped, unpackGzip } from './unpack-gzip.ts';

// Enough to distinguish formats, and little enough that a slow pipe starts soon.
const HEAD_BYTES = 16 * 1024;
const GZIP_HEAD_BYTES = 3;
export const DAMAGED_GZIP = 'the gzip data is damaged or cut off; links from about here on are missing';

/**
 * Yields the entries in arrays, one for each block read, in the order of the list; lines count from 1. Throws
 * ListError: `column-missing` before the first entry when a table lacks `options.column`, `list-read-failed`
 * when the source itself fails.
 */
export async function* readList(
  source: ListSource,
  model: ModelDefinition,
  options: ListOptions = {},
): AsyncGenerator<ListEntry[]> {
  let lastLine = 0;
  try {
    for await (const entries of entriesOf(source, model, options)) {
      if (entries.length === 0) continue;
      lastLine = entries.at(-1)?.line ?? lastLine;
      yield entries;
    }
  } catch (error) {
    if (error instanceof GzipError) yield [problemAt(Math.max(lastLine, 1), '', DAMAGED_GZIP)];
    else throw error;
  }
}

async function* entriesOf(
  source: ListSource,
  model: ModelDefinition,
  options: ListOptions,
): AsyncGenerator<ListEntry[]> {
  await using stream = await withHead(unpackedBytes(source), HEAD_BYTES);
  yield* readHeaded(source.name, stream, model, options);
}

/** The bytes of a source, unpacked where they are packed. Throws ListError `list-read-failed`, or GzipError. */
export async function* unpackedBytes(source: ListSource): AsyncGenerator<Buffer> {
  await using packed = await withHead(readable(source), GZIP_HEAD_BYTES);
  yield* looksGzipped(packed.head) ? unpackGzip(packed.chunks) : packed.chunks;
}

async function* readable({ name, chunks }: ListSource): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ListError('list-read-failed', `Reading ${printable(name)} failed: ${printable(why)}`, {
      cause,
    });
  }
}
