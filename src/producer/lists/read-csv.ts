/** CSV, TSV and their relatives: lines to records, records to rows, rows to entries. Called by `readList`. */
import { CsvTable } from './csv-column.ts';
import { RecordAssembler } from './csv-records.ts';
import { parseRecords } from './csv-rows.ts';
import type { ListEntry } from './list-entry.ts';
import { physicalLines } from './physical-lines.ts';

export interface CsvReading {
  /** For messages. */
  readonly listName: string;
  readonly delimiter: string;
  readonly column: string | undefined;
}

export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  reading: CsvReading,
): AsyncGenerator<ListEntry[]> {
  const { listName, delimiter, column } = reading;
  const records = new RecordAssembler(delimiter, column);
  const table = new CsvTable(listName, column);
  for await (const block of physicalLines(chunks)) {
    yield table.entries(parseRecords(records.push(block), delimiter));
  }
  yield table.entries(parseRecords(records.end(), delimiter));
  yield table.end();
}
