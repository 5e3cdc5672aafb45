/**
 * From the head of a list to the reader that fits it: first what the bytes are, then how the list is written.
 * Called by `readList` with unpacked bytes. However they are cut into chunks, the entries are the same.
 */
import { dialectOf } from './csv-dialect.ts';
import { asUtf8, decodedHead, encodingOf, type TextEncoding } from './list-encoding.ts';
import { type ListEntry, problemAt } from './list-entry.ts';
import { decideFormat } from './list-format.ts';
import type { HeadedStream } from './list-head.ts';
import type { ListOptions } from './list-source.ts';
import { readCsv } from './read-csv.ts';
import { readJsonDocument } from './read-json-document.ts';
import { readJsonLines } from './read-json-lines.ts';
import { readText } from './read-text.ts';

type HeadedBytes = Omit<HeadedStream, typeof Symbol.asyncDispose>;

export async function* readHeaded(
  name: string,
  stream: HeadedBytes,
  options: ListOptions,
): AsyncGenerator<ListEntry[]> {
  const encoding = encodingOf(stream.head);
  if (encoding.kind === 'unreadable') yield [problemAt(1, '', encoding.reason)];
  else yield* entriesOfText(name, stream, encoding, options);
}

function entriesOfText(
  name: string,
  stream: HeadedBytes,
  encoding: TextEncoding,
  options: ListOptions,
): AsyncGenerator<ListEntry[]> {
  const head = decodedHead(stream.head, encoding);
  const { column } = options;
  const format = decideFormat({ ...options, name, head, isWhole: stream.isWhole });
  const bytes = asUtf8(stream.chunks, encoding);
  switch (format) {
    case 'text':
      return readText(bytes);
    case 'csv':
    case 'tsv':
      return readCsv(bytes, { listName: name, delimiter: dialectOf(head, stream.isWhole, format), column });
    case 'json':
      return readJsonDocument(bytes, column);
    case 'jsonl':
      return readJsonLines(bytes, column);
    default:
      return format satisfies never;
  }
}
