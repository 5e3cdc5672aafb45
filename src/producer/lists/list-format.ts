/**
 * Decides how a list is written: the caller's word first, then the extension, then the first characters.
 * JSON and JSONL are told apart by their content, since their names are mixed up so often. Pure.
 */
import { delimiterOf, holdsColumnName, SEPARATOR_LINE } from './csv-dialect.ts';
import { looksLikeLink } from './link-candidate.ts';
import type { ListFormat, ListOptions } from './list-source.ts';
import { parseTextLine } from './text-line.ts';

export interface FormatEvidence extends ListOptions {
  readonly name: string;
  /** The first characters; cut anywhere unless `isWhole`. */
  readonly head: string;
  readonly isWhole: boolean;
}

const EXTENSIONS: Readonly<Record<string, ListFormat>> = {
  txt: 'text',
  text: 'text',
  list: 'text',
  lst: 'text',
  urls: 'text',
  md: 'text',
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
};

export function decideFormat(evidence: FormatEvidence): ListFormat {
  if (evidence.format !== undefined) return evidence.format;
  const hint = hintOf(evidence.name);
  const lines = linesOf(evidence);
  if (hint === 'json' || hint === 'jsonl') return jsonOr(hint, lines);
  if (hint !== undefined) return hint;
  if (startsLikeJson(lines)) return jsonOr('json', lines);
  return isTable(lines, evidence.column) ? 'csv' : 'text';
}

function hintOf(name: string): ListFormat | undefined {
  const extension = /\.([a-z]+)$/i.exec(name.replace(/\.gz$/i, ''))?.[1]?.toLowerCase();
  return extension !== undefined && Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
}

/** The non-blank lines of the head; `isWhole` of each says whether its end was seen. */
interface HeadLine {
  readonly text: string;
  readonly isWhole: boolean;
}

function linesOf({ head, isWhole }: FormatEvidence): HeadLine[] {
  const texts = head.split(/\r\n|\n|\r/);
  return texts
    .map((text, index) => ({ text: text.trim(), isWhole: isWhole || index < texts.length - 1 }))
    .filter(({ text }) => text !== '');
}

function startsLikeJson([first]: readonly HeadLine[]): boolean {
  if (first === undefined) return false;
  // A Markdown link opens with a bracket as well.
  return first.text.startsWith('{') || (first.text.startsWith('[') && !/^\[[^\]]*\]\(/.test(first.text));
}

/** One document over all lines, or a value a line? */
function jsonOr(hint: 'json' | 'jsonl', [first, second]: readonly HeadLine[]): ListFormat {
  if (first === undefined || first.text.startsWith('"')) return 'jsonl';
  if (looksLikeLink(first.text)) return 'text';
  if (!/^[[{]/.test(first.text)) return 'jsonl';
  if (!first.isWhole) return first.text.startsWith('[') ? 'json' : hint;
  if (second === undefined) return 'json';
  if (first.text.startsWith('[')) return hint === 'jsonl' && isJson(first.text) ? 'jsonl' : 'json';
  if (isJson(first.text)) return 'jsonl';
  // A broken first line of JSONL, unless it stops where a document goes on.
  return second.text.startsWith('{') && !/[[{,:]$/.test(first.text) ? 'jsonl' : 'json';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const SAMPLE_LINES = 5;

/** Without a name to go by, a table is what has a header we know, or the same cells with one link in each line. */
function isTable(lines: readonly HeadLine[], column: string | undefined): boolean {
  const sample = lines.filter(({ text }) => !text.startsWith('#')).slice(0, SAMPLE_LINES);
  const first = sample[0]?.text;
  if (first === undefined) return false;
  if (column !== undefined || SEPARATOR_LINE.test(first)) return true;
  const texts = sample.filter(({ isWhole }) => isWhole).map(({ text }) => text);
  const delimiter = delimiterOf(texts.join('\n'));
  if (holdsColumnName(first, delimiter, column)) return true;
  return delimiter !== undefined && areRows(texts, delimiter);
}

function areRows(texts: readonly string[], delimiter: string): boolean {
  const [header = [], ...body] = texts.map((text) => text.split(delimiter));
  if (header.length < 2 || body.some((cells) => cells.length !== header.length)) return false;
  // Only commas at the ends of lines: somebody's array, pasted.
  if (![header, ...body].some(hasSeveralCells)) return false;
  if (body.length > 0) return body.every(holdsOneLink);
  // A single line: cells that are one sound link together are a link with a comma in it.
  const parsed = parseTextLine(texts[0] ?? '');
  return holdsOneLink(header) && (parsed === undefined || !('link' in parsed));
}

/** With two links on a line the table would keep one and lose the other; as text the line is listed. */
function holdsOneLink(cells: readonly string[]): boolean {
  return cells.filter(looksLikeLink).length === 1;
}

function hasSeveralCells(cells: readonly string[]): boolean {
  return cells.filter((cell) => cell.trim() !== '').length > 1;
}
