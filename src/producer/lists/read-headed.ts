/**
 * From the head of a list to the reader that fits it: first what the bytes are, then how the list is written.
 * Called by `readList` with unpacked bytes. However they are cut into chunks, the entries are the same.
 */
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { dialectOf } from './csv-dialect.ts';
import { linkFinder } from './links-in-text.ts';
import { asUtf8, decodedHead, encodingOf } from './list-encoding.ts';
import { type ListEntry, problemAt } from './list-entry.ts';
import { decideFormat } from './list-format.ts';
import type { HeadedStream } from './list-head.ts';
import type { ListOptions } from './list-source.ts';
import { withLocalPaths, withUploadedNames } from './local-paths.ts';
import { readCsv } from './read-csv.ts';
import { readJsonDocument } from './read-json-document.ts';
import { readJsonLines } from './read-json-lines.ts';
import { readPage } from './read-page.ts';
import { readText } from './read-text.ts';
import { readXlsx } from './read-xlsx.ts';

type HeadedBytes = Omit<HeadedStream, typeof Symbol.asyncDispose>;

export async function* readHeaded(
  name: string,
  stream: HeadedBytes,
  model: ModelDefinition,
  options: ListOptions,
): AsyncGenerator<ListEntry[]> {
  const { column, localFolder, uploadedFolder, inputs = Object.keys(model.inputs) } = options;
  const find = withUploadedNames(withLocalPaths(linkFinder(model), localFolder), uploadedFolder);
  const rules = { find, column, inputs };
  if (stream.head.toString('latin1', 0, 4) === 'PK\u0003\u0004')
    return yield* readXlsx(stream.chunks, name, rules);
  const encoding = encodingOf(stream.head);
  if (encoding.kind === 'unreadable') return yield [problemAt(1, '', encoding.reason)];
  const head = decodedHead(stream.head, encoding);
  const format = decideFormat({ ...options, inputs, name, head, isWhole: stream.isWhole });
  const bytes = asUtf8(stream.chunks, encoding);
  switch (format) {
    case 'text':
      return yield* readText(bytes, rules.find);
    case 'csv':
    case 'tsv':
      return yield* readCsv(bytes, name, dialectOf(head, stream.isWhole, format), rules);
    case 'json':
      return yield* readJsonDocument(bytes, rules);
    case 'jsonl':
      return yield* readJsonLines(bytes, rules);
    case 'page':
      return yield* readPage(bytes, rules.find, model.link.hosts === 'any');
    default:
      return format satisfies never;
  }
}
