/**
 * Clears what failed and cancelled items leave behind: folders of parts that nobody has written to for
 * long. Called by the worker at start and now and then. Only folders that hold nothing but parts are
 * touched, so a folder of the user's that happens to end in `.part` stays.
 */

import { opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { holdsOnlyParts, listParts } from './part-folder.ts';
import { isMissing } from './storage-error.ts';

export async function removeAbandonedParts(
  root: string,
  writtenBefore: number,
  open: ReadonlySet<string>,
): Promise<number> {
  let removed = 0;
  for await (const folder of partFolders(root)) {
    const parts = await listParts(folder);
    const idle = parts.every(({ token, modifiedAt }) => modifiedAt < writtenBefore && !open.has(token));
    if (!idle || !(await holdsOnlyParts(folder))) continue;
    await rm(folder, { recursive: true, force: true });
    removed += parts.length;
  }
  return removed;
}

async function* partFolders(folder: string): AsyncGenerator<string> {
  const entries = await opendir(folder).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  for await (const entry of entries ?? []) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    if (entry.name.endsWith('.part')) yield path;
    else yield* partFolders(path);
  }
}
