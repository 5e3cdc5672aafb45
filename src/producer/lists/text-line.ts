/**
 * One line of a text list: a link, nothing (blank or comment), or a reason. `#` opens a comment at the start
 * of a line and after white space; elsewhere it is the link's fragment. List bullets and Markdown links are
 * read through, as people keep their lists in notes.
 */
import { type Candidate, toCandidate } from './link-candidate.ts';

const PLAIN_LINK = /^https?:\/\/[\x21-\x7e]*[\w/=-]$/;
const BULLET = /^(?:[-*+•]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?/u;
const MARKDOWN_LINK =
  /^!?\[[^\]]*\]\(\s*(<[^<>\s]+>|[^\s<>[\]]+)(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)[,;]?(?:\s+#.*)?$/u;
// Matching takes time that grows with the square of the length.
const MAX_MARKDOWN_CHARACTERS = 2_000;
const TRAILING_COMMENT = /\s#.*$/su;

/** The candidate of a line, or undefined where the line asks for nothing. */
export function parseTextLine(line: string): Candidate | undefined {
  if (PLAIN_LINK.test(line)) return { link: line };
  const entry = line.trim();
  if (entry === '' || entry.startsWith('#')) return undefined;
  const item = entry.replace(BULLET, '');
  return toCandidate(markdownTarget(item) ?? item.replace(TRAILING_COMMENT, ''));
}

function markdownTarget(item: string): string | undefined {
  return item.length > MAX_MARKDOWN_CHARACTERS ? undefined : MARKDOWN_LINK.exec(item)?.[1];
}
