/**
 * Records in, rows of cells out, through csv-parse. Records are parsed in blocks, because setting up a parser costs
 * more than reading a record. Only if a block is not parsed as expected is each record parsed alone, so that a broken
 * one affects only itself.
 */
import { CsvError, parse } from 'csv-parse/sync';
import type { BadRecord, CsvRecord } from './csv-records.ts';
import type { Row } from './row-entry.ts';

const UNREADABLE = 'could not be read as a table row';

export function parseRecords(
  records: readonly (CsvRecord | BadRecord)[],
  delimiter: string,
): (Row | BadRecord)[] {
  const sound = records.filter((record) => !('reason' in record));
  const parsed = parsedTogether(sound, delimiter) ?? sound.map((record) => parsedAlone(record, delimiter));
  let next = 0;
  return records.map((record) => {
    if ('reason' in record) return record;
    const cells = parsed[next];
    next += 1;
    return cells === undefined ? { ...record, reason: UNREADABLE } : { ...record, cells };
  });
}

function parsedTogether(records: readonly CsvRecord[], delimiter: string): string[][] | undefined {
  const rows = parsedText(records.map(({ text }) => text).join('\n'), delimiter);
  return rows?.length === records.length ? rows : undefined;
}

function parsedAlone(record: CsvRecord, delimiter: string): string[] | undefined {
  const rows = parsedText(record.text, delimiter);
  return rows?.length === 1 ? rows[0] : undefined;
}

function parsedText(text: string, delimiter: string): string[][] | undefined {
  if (text === '') return [];
  try {
    return parse(text, {
      delimiter,
      record_delimiter: '\n',
      // The length is bounded where records are assembled; here it would drop the rest of the block.
      max_record_size: 0,
      // Short and long rows are judged one by one, by whether the link's cell is certain.
      relax_column_count: true,
      // `5" screen` is a cell like any other.
      relax_quotes: true,
      // Not at the end: with that, text after a closing quote is an error despite the option above. The ends are
      // trimmed where a cell is used.
      ltrim: true,
    });
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}
