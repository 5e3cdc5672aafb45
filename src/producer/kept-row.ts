/**
 * The part of a list's row that is kept with its link: the requested columns, and the line number. Bounded, because it
 * stays in Redis with the link. Pure.
 */
import type { ItemRow } from '../shared/ledger/item.ts';
import { nameKey } from './lists/link-name.ts';
import type { LinkEntry } from './lists/list-entry.ts';

/** Names in any spelling; `all` with everything the row has. */
export type KeptColumns = readonly string[] | 'all';

const mostColumns = 20;
const mostCharacters = 200;

/** @returns undefined where nothing of the row is wanted or there */
export function keptRow({ fields = {}, line }: LinkEntry, wanted: KeptColumns): ItemRow | undefined {
  if (wanted.length === 0) return undefined;
  const keys = wanted === 'all' ? null : wanted.map(nameKey);
  const columns = Object.entries(fields)
    .filter(([name, value]) => value !== '' && (keys === null || keys.includes(nameKey(name))))
    .slice(0, mostColumns)
    .map(([name, value]) => [name, value.slice(0, mostCharacters).toWellFormed()]);
  if (columns.length === 0 && wanted !== 'all') return undefined;
  return { line, columns: Object.fromEntries(columns) };
}
