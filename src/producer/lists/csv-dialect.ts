/**
 * How a table is written: its delimiter, and whether its first line is a header we know. Pure; decided from the
 * head, before the first record is read. Spreadsheets of half of Europe write semicolons and call it CSV.
 */
import { linkNameRank } from './link-name.ts';
import type { ListFormat } from './list-source.ts';

/** What spreadsheets put above the header to name the delimiter: `sep=;`. */
export const SEPARATOR_LINE = /^"?sep=(\t|[^\s"])?"?\s*$/i;

const DELIMITERS = [',', ';', '\t', '|'] as const;
const SAMPLE_RECORDS = 20;
// With one column there is no separator. NUL represents that: a line with NUL never gets this far.
const NO_DELIMITER = '\0';

export function dialectOf(head: string, isWhole: boolean, format: ListFormat): string {
  const lines = head.split(/\r\n|\n|\r/);
  const separator = SEPARATOR_LINE.exec(lines[0] ?? '')?.[1];
  if (separator !== undefined) return separator;
  // The last line of a head is cut anywhere; a single one is better than none.
  const whole = isWhole || lines.length === 1 ? lines : lines.slice(0, -1);
  return delimiterOf(whole.join('\n')) ?? (format === 'tsv' ? '\t' : NO_DELIMITER);
}

/**
 * The delimiter found in most records, then the one found most evenly. One that the first record lacks is none:
 * below a header of one column, a comma is part of the link.
 */
export function delimiterOf(sample: string): string | undefined {
  const records = recordsWithoutQuoted(sample);
  const scored = DELIMITERS.map((delimiter) => ({ delimiter, ...scoreOf(delimiter, records) }));
  const best = scored.reduce((a, b) => (isBetter(b, a) ? b : a));
  return best.first > 0 ? best.delimiter : undefined;
}

interface Score {
  readonly filled: number;
  readonly even: number;
  readonly first: number;
}

function scoreOf(delimiter: string, records: readonly string[]): Score {
  const counts = records.map((record) => record.split(delimiter).length - 1);
  const first = counts[0] ?? 0;
  return {
    filled: counts.filter((count) => count > 0).length,
    even: counts.filter((count) => count === first).length,
    first,
  };
}

function isBetter(a: Score, b: Score): boolean {
  if (a.filled !== b.filled) return a.filled > b.filled;
  return a.even !== b.even ? a.even > b.even : a.first > b.first;
}

/** The first records with their quoted cells emptied: quoted text contains no separators. */
function recordsWithoutQuoted(sample: string): string[] {
  return sample
    .replace(/"(?:[^"]|"")*"/g, '""')
    .split('\n')
    .filter((record) => record.trim() !== '' && !record.startsWith('#'))
    .slice(0, SAMPLE_RECORDS);
}

export function holdsColumnName(
  line: string,
  delimiter: string | undefined,
  column: string | undefined,
): boolean {
  const cells = delimiter === undefined ? [line] : line.split(delimiter);
  return cells.some((cell) => linkNameRank(cell, column) !== undefined);
}
