/**
 * Reads the first sheet of a spreadsheet, row by row, by the rules of tables. Hyperlinks and formulas of cells are also
 * searched for the link. Called by `readHeaded` for zip files. Reads one XML tag at a time, in linear time and bounded
 * memory; see zip-parts.ts.
 */
import type { ListEntry } from './list-entry.ts';
import { problemAt } from './list-entry.ts';
import type { Row, RowRules } from './row-entry.ts';
import { Table } from './table.ts';
import { wholeList } from './whole-list.ts';
import { type ZipPart, zipParts } from './zip-parts.ts';

const NO_SHEET = 'is a zip file, not an .xlsx spreadsheet; export the links as CSV';
const DAMAGED = 'is a damaged or too large spreadsheet; export it as CSV';
const FIRST_SHEET = 'xl/worksheets/sheet1.xml';
const MAX_COLUMNS = 16_384;
const ROWS_A_BLOCK = 1000;

export async function* readXlsx(
  chunks: AsyncIterable<Buffer>,
  listName: string,
  rules: RowRules,
): AsyncGenerator<ListEntry[]> {
  const bytes = await wholeList(chunks);
  if ('reason' in bytes) return yield [problemAt(1, '', bytes.reason)];
  const rows = rowsOf(bytes);
  if (typeof rows === 'string') return yield [problemAt(1, '', rows)];
  const table = new Table(listName, rules);
  for (let start = 0; start < rows.length; start += ROWS_A_BLOCK)
    yield table.entries(rows.slice(start, start + ROWS_A_BLOCK));
}

function rowsOf(bytes: Buffer): Row[] | string {
  try {
    const part = zipParts(bytes);
    const path = firstSheetPath(part);
    const sheet = part(path);
    if (sheet === undefined) return NO_SHEET;
    const relations = part(path.replace(/(?<![^/])[^/]+$/, '_rels/$&.rels')) ?? '';
    return sheetRows(sheet, sharedStrings(part('xl/sharedStrings.xml') ?? ''), hyperlinks(sheet, relations));
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && 'code' in error)) return DAMAGED;
    throw error;
  }
}

function firstSheetPath(part: ZipPart): string {
  const sheet = /<(?:\w+:)?sheet\s[^<>]*/.exec(part('xl/workbook.xml') ?? '')?.[0] ?? '';
  const target = targets(part('xl/_rels/workbook.xml.rels') ?? '').get(attribute(sheet, 'r:id') ?? '');
  if (target === undefined) return FIRST_SHEET;
  return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
}

function targets(xml: string): Map<string, string> {
  const relations = xml.matchAll(/<(?:\w+:)?Relationship\s[^<>]*/g);
  return new Map(
    [...relations].map(([tag]) => [attribute(tag, 'Id') ?? '', unescaped(attribute(tag, 'Target') ?? '')]),
  );
}

/** By the cell's reference, such as `B7`. */
function hyperlinks(sheet: string, relations: string): Map<string, string> {
  const byId = targets(relations);
  const tags = sheet.matchAll(/<(?:\w+:)?hyperlink\s[^<>]*/g);
  return new Map(
    [...tags].map(([tag]) => [attribute(tag, 'ref') ?? '', byId.get(attribute(tag, 'r:id') ?? '') ?? '']),
  );
}

function sharedStrings(xml: string): string[] {
  const strings: string[] = [];
  let text = '';
  for (const { name, isEnd, before } of tagsOf(xml)) {
    if (name === 't' && isEnd) text += before;
    if (name === 'rPh' && isEnd) text = '';
    if (name !== 'si') continue;
    if (isEnd) strings.push(text);
    text = '';
  }
  return strings;
}

function sheetRows(sheet: string, strings: readonly string[], links: ReadonlyMap<string, string>): Row[] {
  const rows: Row[] = [];
  let line = 0;
  let cells: string[] = [];
  let behind: string[] = [];
  let cell = '';
  let value = '';
  let column = -1;
  for (const { name, isEnd, tag, before } of tagsOf(sheet)) {
    if (name === 'row' && !isEnd) {
      line = Number(attribute(tag, 'r') ?? line + 1);
      [cells, behind, column] = [[], [], -1];
    } else if (name === 'row') {
      const shown = Array.from(cells, (text) => text ?? '');
      const searched = shown.map((text, index) => [text, behind[index] ?? ''].join('\n'));
      rows.push({ line, text: shown.join(' '), cells: shown, targets: searched });
    } else if (name === 'c' && !isEnd) {
      cell = tag;
      value = '';
      column = columnOf(attribute(tag, 'r')) ?? column + 1;
      behind[column] = links.get(attribute(tag, 'r') ?? '') ?? '';
    } else if (name === 'f' && isEnd) behind[column] += `\n${before}`;
    else if (name === 'v' && isEnd)
      value = attribute(cell, 't') === 's' ? (strings[Number(before)] ?? '') : before;
    else if (name === 't' && isEnd) value += before;
    else if (name === 'c' && column < MAX_COLUMNS) cells[column] = value;
  }
  return rows;
}

/** `BC7` is in column 54, counted from 0. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? '')?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

interface Tag {
  readonly name: string;
  readonly isEnd: boolean;
  readonly tag: string;
  readonly before: string;
}

/** The tags that matter here; an empty element is its start and its end. */
function* tagsOf(xml: string): Generator<Tag> {
  let last = 0;
  for (const match of xml.matchAll(/<(\/?)(?:\w+:)?(row|c|v|f|t|si|rPh)(?:\s[^<>]*)?>/g)) {
    const [tag, slash, name = ''] = match;
    const before = unescaped(xml.slice(last, match.index));
    last = match.index + tag.length;
    yield { name, isEnd: slash === '/', tag, before };
    if (tag.endsWith('/>')) yield { name, isEnd: true, tag, before: '' };
  }
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
}

function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  const names: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(\w{2,4});/g, (whole, name: string) => names[name] ?? whole);
}
