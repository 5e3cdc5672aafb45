/**
 * The result of reading a list: a link (a candidate; the model decides whether it accepts it) or a problem, a line that
 * is not a list entry. All readers of this folder yield these. A problem's text comes from a foreign file and is shown
 * in terminals and logs: it is short and has no control characters.
 */
export interface LinkEntry {
  readonly kind: 'link';
  readonly link: string;
  /** The line of the row, counted from 1; in a spreadsheet, the row. */
  readonly line: number;
  /** The row's values by the names of its columns or fields; undefined where nothing names them. */
  readonly fields: Fields | undefined;
}

/** All values of a row as text, the link's own included; lists and objects that are inputs as JSON. */
export type Fields = Readonly<Record<string, string>>;

export interface ListProblem {
  readonly kind: 'problem';
  readonly line: number;
  /** The start of what was found there, safe to print. */
  readonly text: string;
  readonly reason: string;
}

export type ListEntry = LinkEntry | ListProblem;

const SHOWN_CHARACTERS = 120;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

export function linkAt(line: number, link: string, fields?: Fields): LinkEntry {
  return { kind: 'link', link, line, fields };
}

export function problemAt(line: number, text: string, reason: string): ListProblem {
  return { kind: 'problem', line, text: printable(text), reason };
}

/** The start of a text with everything that could steer a terminal or turn its direction made visible as a dot. */
export function printable(text: string): string {
  // A few characters more than shown, so that leading blanks do not empty the excerpt.
  const start = text.slice(0, SHOWN_CHARACTERS * 4).toWellFormed();
  const visible = start.replace(/\s+/g, ' ').trim().replace(UNPRINTABLE, '·');
  if (visible.length <= SHOWN_CHARACTERS) return detached(visible);
  return detached(`${visible.slice(0, SHOWN_CHARACTERS - 1).toWellFormed()}…`);
}

/** A copy: a slice would keep the whole block it was cut from in memory for as long as the problem lives. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}
