/**
 * One JSON value to an entry: a string is a link, an object gives its link field. Shared by the readers of JSON
 * and JSONL, so that an object means the same in both. Pure.
 */

import { toCandidate } from './link-candidate.ts';
import { LINK_NAMES, linkNameRank } from './link-name.ts';
import { type Fields, type ListEntry, linkAt, problemAt } from './list-entry.ts';

export const NESTED = 'holds a list or an object where a link is expected';
export const NO_STRING = 'is neither a link nor an object with one';
export const NO_TEXT_IN_FIELD = 'has a link field that is not text';

export function noField(column: string | undefined): string {
  return `has no field called ${column ?? LINK_NAMES.join(', ')}`;
}

export function stringEntry(line: number, value: string, fields?: Fields): ListEntry {
  const candidate = toCandidate(value);
  return 'link' in candidate
    ? linkAt(line, candidate.link, fields)
    : problemAt(line, value, candidate.reason);
}

/** `text` is how the value stood in the list. */
export function valueEntry(
  line: number,
  text: string,
  value: unknown,
  column: string | undefined,
): ListEntry {
  if (typeof value === 'string') return stringEntry(line, value);
  if (Array.isArray(value)) return problemAt(line, text, NESTED);
  if (typeof value !== 'object' || value === null) return problemAt(line, text, NO_STRING);
  const found = linkFieldOf(value, column);
  if (typeof found === 'string') return stringEntry(line, found, scalarsOf(value));
  return problemAt(line, text, found === undefined ? noField(column) : reasonFor(found));
}

function scalarsOf(object: object): Fields {
  const scalars = Object.entries(object).filter(([, value]) => value !== null && typeof value !== 'object');
  return Object.fromEntries(scalars.map(([name, value]) => [name, String(value)]));
}

function reasonFor(found: unknown): string {
  return typeof found === 'object' && found !== null ? NESTED : NO_TEXT_IN_FIELD;
}

/** The best-named field with text in it, else the best-named field, else undefined. */
function linkFieldOf(object: object, column: string | undefined): unknown {
  let best: { readonly rank: number; readonly value: unknown } | undefined;
  for (const [name, value] of Object.entries(object)) {
    const rank = fieldRank(name, value, column);
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { rank, value };
  }
  return best?.value;
}

// Fields with text come before all others.
const NO_TEXT_PENALTY = 100;

function fieldRank(name: string, value: unknown, column: string | undefined): number | undefined {
  const rank = linkNameRank(name, column);
  if (rank === undefined) return undefined;
  return typeof value === 'string' && value.trim() !== '' ? rank : rank + NO_TEXT_PENALTY;
}
