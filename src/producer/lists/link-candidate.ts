/**
 * From a raw cell, string or line to a candidate: trimmed, without the quotes, brackets and trailing commas
 * that people and programs put around links. Decides only what can be no link of any model; hosts and lengths
 * are the model's rule. Called by every reader, so that a link reads the same from all formats.
 */
export type Candidate = { readonly link: string } | { readonly reason: string };

const PLAIN = /^[\x21-\x7e]+$/;
const WRAPPERS: readonly (readonly [string, string])[] = [
  ['<', '>'],
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['“', '”'],
  ['«', '»'],
];
// What pages and messengers leave at the ends of a copied link; trim() knows only the byte-order mark of these.
const INVISIBLE = /[\p{Cf}\s]/u;
// Deep enough for `"<link>",` and shallow enough that nobody's garbage is peeled to something else.
const MAX_PEELS = 4;

export function toCandidate(raw: string): Candidate {
  const link = unwrapped(raw.trim());
  if (PLAIN.test(link)) return { link };
  if (link === '') return { reason: 'no link here' };
  return unusual(withVisibleEnds(link));
}

function unusual(link: string): Candidate {
  if (link === '') return { reason: 'no link here' };
  if (!link.isWellFormed() || link.includes('\ufffd')) {
    return { reason: 'has characters that could not be decoded' };
  }
  // A URL parser drops tabs and newlines silently: two cells would become one wrong link, and be paid for.
  if (/\p{Cc}/u.test(link)) return { reason: 'has control characters inside' };
  if (/\s/u.test(link)) return { reason: 'has spaces inside; one link to an entry' };
  if (/\p{Cf}/u.test(link)) return { reason: 'has invisible characters inside' };
  return { link };
}

/** By hand: a pattern anchored at the end takes time that grows with the square of the blanks in the middle. */
function withVisibleEnds(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && INVISIBLE.test(text.charAt(start))) start += 1;
  while (end > start && INVISIBLE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function unwrapped(text: string): string {
  let inner = text;
  for (let peel = 0; peel < MAX_PEELS; peel += 1) {
    const peeled = peeledOnce(inner);
    if (peeled === inner) break;
    inner = peeled;
  }
  return inner;
}

function peeledOnce(text: string): string {
  const end = text.at(-1);
  if (end === ',' || end === ';') return text.slice(0, -1).trimEnd();
  for (const [open, close] of WRAPPERS) {
    if (end === close && text.length > 1 && text.startsWith(open)) return text.slice(1, -1).trim();
  }
  return text;
}

const ABSOLUTE = /^https?:\/\/\S+$/i;
const WITHOUT_SCHEME = /^(?:[a-z0-9-]+\.)+[a-z]{2,}\/\S+$/i;

/** Does a cell look like a link? Finds the column of a CSV that names none. */
export function looksLikeLink(cell: string): boolean {
  const candidate = toCandidate(cell);
  return 'link' in candidate && (ABSOLUTE.test(candidate.link) || WITHOUT_SCHEME.test(candidate.link));
}
