/**
 * Which column of a table holds the links, decided once: the one asked for, one with a known name, or the first
 * that holds links in the first rows. Then each row is a link, a problem, or nothing (blank, a header repeated
 * where files were joined). A row whose cells may have shifted is a problem: a wrong link would be paid for.
 */

import type { BadRecord } from './csv-records.ts';
import type { Row } from './csv-rows.ts';
import { looksLikeLink, toCandidate } from './link-candidate.ts';
import { LINK_NAMES, linkNameRank } from './link-name.ts';
import { type Fields, type ListEntry, linkAt, printable, problemAt } from './list-entry.ts';
import { ListError } from './list-error.ts';

interface Column {
  readonly index: number;
  /** The header, where there is one. */
  readonly header: readonly string[] | undefined;
}

const SAMPLE_ROWS = 100;
const NO_LINK_IN_ROW = `no link in this row, and no column called ${LINK_NAMES.join(', ')}`;

export class CsvTable {
  readonly #listName: string;
  readonly #wanted: string | undefined;
  #column: Column | undefined;
  #isAtTop = true;
  #isFirstSample = true;
  #waiting: (Row | BadRecord)[] = [];

  constructor(listName: string, wanted: string | undefined) {
    this.#listName = listName;
    this.#wanted = wanted;
  }

  entries(rows: readonly (Row | BadRecord)[]): ListEntry[] {
    const entries: ListEntry[] = [];
    for (const row of rows) {
      if (this.#column !== undefined) pushEntry(entries, row, this.#column);
      else this.#lookForColumn(row, entries);
    }
    return entries;
  }

  end(): ListEntry[] {
    const entries: ListEntry[] = [];
    this.#decide(entries);
    return entries;
  }

  #lookForColumn(row: Row | BadRecord, entries: ListEntry[]): void {
    if (this.#isAtTop && 'cells' in row) {
      this.#isAtTop = false;
      this.#column = this.#namedColumn(row.cells);
      if (this.#column !== undefined) {
        this.#release(entries);
        return;
      }
    }
    this.#waiting.push(row);
    if (this.#waiting.length >= SAMPLE_ROWS) this.#decide(entries);
  }

  #namedColumn(header: readonly string[]): Column | undefined {
    const ranks = header.map((name) => linkNameRank(name, this.#wanted) ?? Number.POSITIVE_INFINITY);
    const best = Math.min(...ranks);
    if (best !== Number.POSITIVE_INFINITY) return { index: ranks.indexOf(best), header };
    if (this.#wanted === undefined) return undefined;
    throw missingColumn(this.#listName, this.#wanted, header);
  }

  /** From the rows seen so far; without any link in them they are problems, and the next rows are tried. */
  #decide(entries: ListEntry[]): void {
    const rows = this.#waiting.filter((row) => 'cells' in row);
    const index = firstLinkColumn(rows);
    if (index !== undefined) this.#column = { index, header: this.#takenHeader(rows[0], index) };
    this.#isFirstSample = false;
    this.#release(entries);
  }

  /** The first row of all, unless it holds a link where the others do. */
  #takenHeader(first: Row | undefined, index: number): readonly string[] | undefined {
    if (!this.#isFirstSample || first === undefined || looksLikeLink(first.cells[index] ?? ''))
      return undefined;
    this.#waiting = this.#waiting.filter((row) => row !== first);
    return first.cells;
  }

  #release(entries: ListEntry[]): void {
    for (const row of this.#waiting) pushEntry(entries, row, this.#column);
    this.#waiting = [];
  }
}

/** A column counts when it holds links half as often as the fullest: a stray link in a remark is none. */
function firstLinkColumn(rows: readonly Row[]): number | undefined {
  const counts: number[] = [];
  for (const { cells } of rows) {
    for (const [index, cell] of cells.entries()) {
      if (looksLikeLink(cell)) counts[index] = (counts[index] ?? 0) + 1;
    }
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const index = counts.findIndex((count) => most > 0 && count !== undefined && count * 2 >= most);
  return index === -1 ? undefined : index;
}

function pushEntry(entries: ListEntry[], row: Row | BadRecord, column: Column | undefined): void {
  const entry = entryOf(row, column);
  if (entry !== undefined) entries.push(entry);
}

function entryOf(row: Row | BadRecord, column: Column | undefined): ListEntry | undefined {
  if ('reason' in row) return problemAt(row.line, row.text, row.reason);
  const { line, text, cells } = row;
  if (column === undefined) {
    return cells.every(isBlank) ? undefined : problemAt(line, text, NO_LINK_IN_ROW);
  }
  const cell = cells[column.index] ?? '';
  if (column.header !== undefined) {
    if (cell !== '' && cell === column.header[column.index]) return undefined;
    if (isTooLong(cells, column.header))
      return problemAt(line, text, 'has more cells than the header has columns');
  }
  if (isBlank(cell))
    return cells.every(isBlank) ? undefined : problemAt(line, text, `no link in ${nameOf(column)}`);
  const candidate = toCandidate(cell);
  return 'link' in candidate
    ? linkAt(line, candidate.link, fieldsOf(cells, column.header))
    : problemAt(line, text, candidate.reason);
}

function fieldsOf(cells: readonly string[], header: readonly string[] | undefined): Fields | undefined {
  if (header === undefined) return undefined;
  return Object.fromEntries(header.map((name, index) => [name.trim(), cells[index] ?? '']));
}

/** Spreadsheets end rows with empty cells; only full ones past the header mean that cells have shifted. */
function isTooLong(cells: readonly string[], header: readonly string[]): boolean {
  return cells.length > header.length && !cells.slice(header.length).every(isBlank);
}

function isBlank(cell: string): boolean {
  return cell === '' || cell.trim() === '';
}

function nameOf({ header, index }: Column): string {
  const name = header?.[index];
  return name === undefined || name === '' ? `column ${index + 1}` : `the column ${printable(name)}`;
}

function missingColumn(listName: string, wanted: string, header: readonly string[]): ListError {
  const names = header.slice(0, 50).map((name) => `"${printable(name)}"`);
  return new ListError(
    'column-missing',
    `${printable(listName)} has no column "${printable(wanted)}". Its columns are: ${names.join(', ')}. ` +
      'Name one of these with --column.',
  );
}
