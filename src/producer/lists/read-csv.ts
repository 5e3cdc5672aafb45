/** CSV, TSV and their relatives: lines to records, records to rows, rows to entries. Called by `readHeaded`. */
import { RecordAssembler } from './csv-records.ts';
import { parseRecords } from './csv-rows.ts';
import type { ListEntry } from './list-entry.ts';
import { physicalLines } from './physical-lines.ts';
import type { RowRules } from './row-entry.ts';
import { Table } from './table.ts';

export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  listName: string,
  delimiter: string,
  rules: RowRules,
): AsyncGenerator<ListEntry[]> {
  const records = new RecordAssembler(delimiter, rules.column);
  const table = new Table(listName, rules);
  for await (const block of physicalLines(chunks)) {
    yield table.entries(parseRecords(records.push(block), delimiter));
  }
  yield table.entries(parseRecords(records.end(), delimiter));
}
