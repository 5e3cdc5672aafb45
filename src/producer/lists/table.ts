/**
 * A table's rows to entries, row by row: of CSV and its relatives, and of spreadsheets. The first row is the header
 * where it names a column we know, or where it holds no link. Blank rows and repeated headers ask for nothing. A
 * row with more cells than the header has shifted, and is a problem.
 */
import type { BadRecord } from './csv-records.ts';
import { linkNameRank } from './link-name.ts';
import { mayHoldLink } from './links-in-text.ts';
import { type ListEntry, printable, problemAt } from './list-entry.ts';
import { ListError } from './list-error.ts';
import { isBlank, type Row, type RowRules, rowEntry } from './row-entry.ts';

export class Table {
  readonly #listName: string;
  readonly #rules: RowRules;
  #header: readonly string[] | undefined;
  #isAtTop = true;

  constructor(listName: string, rules: RowRules) {
    this.#listName = listName;
    this.#rules = rules;
  }

  /** Throws ListError `column-missing`. */
  entries(rows: readonly (Row | BadRecord)[]): ListEntry[] {
    return rows.flatMap((row) => {
      if ('reason' in row) return [problemAt(row.line, row.text, row.reason)];
      return this.#isHeader(row) || this.#isSkipped(row) ? [] : [this.#entry(row)];
    });
  }

  #isHeader({ cells, targets = cells }: Row): boolean {
    if (!this.#isAtTop || cells.every(isBlank)) return false;
    this.#isAtTop = false;
    const { column } = this.#rules;
    const isNamed = cells.some((name) => linkNameRank(name, column) !== undefined);
    if (!isNamed && column !== undefined) throw missingColumn(this.#listName, column, cells);
    if (isNamed || !targets.some(mayHoldLink)) this.#header = cells;
    return this.#header !== undefined;
  }

  #isSkipped({ cells }: Row): boolean {
    const header = this.#header;
    return (
      cells.every(isBlank) || (header !== undefined && cells.every((cell, index) => cell === header[index]))
    );
  }

  /** Spreadsheets end rows with empty cells; only full ones past the header mean that cells have shifted. */
  #entry(row: Row): ListEntry {
    const header = this.#header;
    if (header !== undefined && !row.cells.slice(header.length).every(isBlank))
      return problemAt(row.line, row.text, 'has more cells than the header has columns');
    return rowEntry(row, header, this.#rules);
  }
}

function missingColumn(listName: string, wanted: string, header: readonly string[]): ListError {
  const names = header.slice(0, 50).map((name) => `"${printable(name)}"`);
  return new ListError(
    'column-missing',
    `${printable(listName)} has no column "${printable(wanted)}". Its columns are: ${names.join(', ')}. ` +
      'Name one of these with --column.',
  );
}
