/**
 * The name of a batch when none is given. Pure. It follows from the first file's name, so that the same
 * command given again continues with the same batch.
 */
import { basename } from 'node:path';
import { STANDARD_INPUT } from './lists/list-source.ts';

/** @param at used for standard input, which has no name */
export function defaultBatchName(paths: readonly string[], at: Date): string {
  const first = paths[0] ?? STANDARD_INPUT;
  if (first === STANDARD_INPUT)
    return `stdin-${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
  const stem = basename(first)
    .replace(/\.gz$/i, '')
    .replace(/\.[^.]*$/, '');
  const name = stem
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|(?<![^A-Za-z0-9])[^A-Za-z0-9]+$/g, '');
  return name.slice(0, 100) || 'links';
}
