/**
 * The source `file:`: one file, or all files that a glob names. Files stay where they are; one that has changed
 * is read again, and of its links only the new ones count.
 */
import { glob, stat } from 'node:fs/promises';
import { findLocalList, type LocalListDeps } from './local-list.ts';
import type { Source } from './source.ts';

export function createFilesSource(address: string, pattern: string, deps: LocalListDeps): Source {
  return {
    address,
    async *look(marks, signal) {
      for (const path of await pathsOf(pattern)) yield await findLocalList(path, marks, deps, signal);
    },
  };
}

/** A glob without a match is not an error: the lists may appear later. A missing file is one. */
async function pathsOf(pattern: string): Promise<string[]> {
  if (!/[*?[{]/.test(pattern) || (await isThere(pattern))) return [pattern];
  const paths: string[] = [];
  for await (const path of glob(pattern)) {
    if ((await stat(path).catch(() => null))?.isFile()) paths.push(path);
  }
  return paths.sort();
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
