/**
 * Decides the format of a list: the caller's choice first, then the extension, then the first characters. A text that
 * begins with a table header is a table whatever its name, if its columns are inputs of the model, because they affect
 * what is paid. JSON and JSONL are distinguished by their content, because their names are often confused. Pure.
 */
import { delimiterOf, holdsColumnName, SEPARATOR_LINE } from './csv-dialect.ts';
import { mayHoldLink } from './links-in-text.ts';
import type { ListFormat, ListOptions } from './list-source.ts';
import { isInput } from './row-entry.ts';

export interface FormatEvidence extends Pick<ListOptions, 'column' | 'format' | 'inputs'> {
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
  html: 'page',
  htm: 'page',
  url: 'page',
  webloc: 'page',
};

/** A web page or an export of bookmarks, an internet shortcut of Windows, and one of macOS. */
const PAGE = /^\s*(?:<!doctype (?:html|netscape|plist)|<html[\s>]|<\?xml|\[InternetShortcut\])/i;

export function decideFormat(evidence: FormatEvidence): ListFormat {
  if (evidence.format !== undefined) return evidence.format;
  if (PAGE.test(evidence.head)) return 'page';
  const hint = hintOf(evidence.name);
  const lines = linesOf(evidence);
  if (hint === 'json' || hint === 'jsonl') return jsonOr(hint, lines);
  if (hint === 'text' && namesInputs(lines, evidence.inputs)) return 'csv';
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
  if (!/^[[{]/.test(first.text)) return mayHoldLink(first.text) ? 'text' : 'jsonl';
  if (!first.isWhole) return first.text.startsWith('[') ? 'json' : hint;
  if (second === undefined) return 'json';
  if (first.text.startsWith('[')) return hint === 'jsonl' && isJson(first.text) ? 'jsonl' : 'json';
  if (isJson(first.text)) return 'jsonl';
  // A broken first line of JSONL, unless it stops where a document continues.
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

/** Whether it begins with the names of columns, among them one of a link and one of an input. */
function namesInputs(lines: readonly HeadLine[], inputs: readonly string[] = []): boolean {
  const [first, second] = lines.filter(({ text }) => !text.startsWith('#'));
  if (first === undefined || second === undefined || mayHoldLink(first.text)) return false;
  const delimiter = delimiterOf(first.text);
  const cells = delimiter === undefined ? [] : first.text.split(delimiter);
  return holdsColumnName(first.text, delimiter, undefined) && cells.some((cell) => isInput(cell, inputs));
}

const SAMPLE_LINES = 5;

/** Without a name to go by, a table is what has a header: of known names, or above rows of as many cells. */
function isTable(lines: readonly HeadLine[], column: string | undefined): boolean {
  const sample = lines.filter(({ text }) => !text.startsWith('#')).slice(0, SAMPLE_LINES);
  const first = sample[0]?.text;
  if (first === undefined) return false;
  if (column !== undefined || SEPARATOR_LINE.test(first)) return true;
  const texts = sample.filter(({ isWhole }) => isWhole).map(({ text }) => text);
  const delimiter = delimiterOf(texts.join('\n'));
  if (holdsColumnName(first, delimiter, column)) return true;
  if (delimiter === undefined || texts.length < 2 || mayHoldLink(first)) return false;
  const cells = texts.map((text) => text.split(delimiter).length);
  return cells.every((count) => count === cells[0]) && texts.slice(1).every(mayHoldLink);
}
