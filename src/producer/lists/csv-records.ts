/**
 * Physical lines in, records out: a quoted cell may contain newlines, so a record can span lines. An unclosed quote
 * would swallow the rest of the list; here it only costs its own line, and reading starts again with the next one.
 * Memory is bounded by the maximum length and lines of a record.
 */
import { holdsColumnName, SEPARATOR_LINE } from './csv-dialect.ts';
import { mayHoldLink } from './links-in-text.ts';
import { MAX_LINE_BYTES } from './list-source.ts';
import type { LineBlock } from './physical-lines.ts';

export interface CsvRecord {
  readonly line: number;
  readonly text: string;
}

export interface BadRecord extends CsvRecord {
  readonly reason: string;
}

interface OpenRecord {
  readonly firstLine: number;
  readonly lines: string[];
  length: number;
}

// Also bounds the work after an unclosed quote: each line is read again at most this often.
const MAX_RECORD_LINES = 100;
const UNCLOSED = 'opens a quote that is never closed';
const AMBIGUOUS_COMMENT = 'starts with # but holds a link; remove the # or the link';

export class RecordAssembler {
  readonly #delimiter: string;
  readonly #column: string | undefined;
  #open: OpenRecord | undefined;
  #isAtTop = true;
  // A header such as `#,url` says that # is a column here, not a comment.
  #hasComments = true;

  constructor(delimiter: string, column: string | undefined) {
    this.#delimiter = delimiter;
    this.#column = column;
  }

  push({ firstLine, lines }: LineBlock): (CsvRecord | BadRecord)[] {
    const records: (CsvRecord | BadRecord)[] = [];
    let line = firstLine;
    for (const content of lines) {
      if (typeof content === 'string') this.#take(line, content, records);
      else {
        this.#giveUpOpen(records);
        records.push({ line, ...content });
      }
      line += 1;
    }
    return records;
  }

  end(): (CsvRecord | BadRecord)[] {
    const records: (CsvRecord | BadRecord)[] = [];
    this.#giveUpOpen(records);
    return records;
  }

  #take(line: number, text: string, records: (CsvRecord | BadRecord)[]): void {
    if (this.#open !== undefined) this.#continue(this.#open, text, records);
    else if (!this.#isSkipped(line, text, records)) this.#start(line, text, records);
  }

  #start(line: number, text: string, records: (CsvRecord | BadRecord)[]): void {
    if (text.includes('"') && quotesAfter(text, this.#delimiter, false) === 'open') {
      this.#open = { firstLine: line, lines: [text], length: text.length };
    } else records.push({ line, text });
  }

  #continue(open: OpenRecord, text: string, records: (CsvRecord | BadRecord)[]): void {
    open.lines.push(text);
    open.length += text.length + 1;
    const quotes = quotesAfter(text, this.#delimiter, true);
    if (open.length > MAX_LINE_BYTES || open.lines.length > MAX_RECORD_LINES || quotes === 'broken') {
      this.#giveUp(open, records);
    } else if (quotes === 'closed') {
      this.#open = undefined;
      records.push({ line: open.firstLine, text: open.lines.join('\n') });
    }
  }

  #giveUpOpen(records: (CsvRecord | BadRecord)[]): void {
    while (this.#open !== undefined) this.#giveUp(this.#open, records);
  }

  #giveUp({ firstLine, lines }: OpenRecord, records: (CsvRecord | BadRecord)[]): void {
    this.#open = undefined;
    const [first = '', ...again] = lines;
    records.push({ line: firstLine, text: first, reason: UNCLOSED });
    again.forEach((text, index) => {
      this.#take(firstLine + 1 + index, text, records);
    });
  }

  #isSkipped(line: number, text: string, records: (CsvRecord | BadRecord)[]): boolean {
    if (text.trim() === '') return true;
    const isAtTop = this.#isAtTop;
    if (isAtTop && SEPARATOR_LINE.test(text)) return true;
    if (!this.#hasComments || !text.startsWith('#')) {
      this.#isAtTop = false;
      return false;
    }
    if (isAtTop && holdsColumnName(text, this.#delimiter, this.#column)) {
      this.#hasComments = false;
      this.#isAtTop = false;
      return false;
    }
    // `#12,A title,https://…`: a numbered row or a commented one? Neither skip it silently nor pay for it.
    if (mayHoldLink(text)) records.push({ line, text, reason: AMBIGUOUS_COMMENT });
    return true;
  }
}

/**
 * Where the end of a line leaves a reader: outside quotes, inside, or `broken`, when the quote that ends a cell
 * begun on an earlier line is followed by more text, as happens after a stray quote. On one line the same is
 * read as the parser reads it: the quotes belong to the cell.
 */
function quotesAfter(text: string, delimiter: string, startsInside: boolean): 'closed' | 'open' | 'broken' {
  let at = startsInside ? 0 : startOfCell(text, 0, delimiter);
  let inside = startsInside || text[at] === '"';
  if (inside && !startsInside) at += 1;
  let isFromEarlierLine = startsInside;
  while (at <= text.length) {
    if (inside) {
      at = afterClosingQuote(text, at);
      if (at === 0) return 'open';
      const next = startOfCell(text, at, delimiter);
      if (isFromEarlierLine && next < text.length && text[next] !== delimiter) return 'broken';
    }
    isFromEarlierLine = false;
    const end = text.indexOf(delimiter, at);
    if (end === -1) return 'closed';
    at = startOfCell(text, end + 1, delimiter);
    inside = text[at] === '"';
    if (inside) at += 1;
  }
  return 'closed';
}

/** The place after the quote that closes a cell, doubled ones passed over; 0 where none does. */
function afterClosingQuote(text: string, from: number): number {
  let quote = text.indexOf('"', from);
  while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  return quote + 1;
}

function startOfCell(text: string, from: number, delimiter: string): number {
  let at = from;
  while (at < text.length && text[at] !== delimiter && (text[at] ?? '').trim() === '') at += 1;
  return at;
}
