/**
 * The folder of a file storage and the paths in it: where a key is stored, its real path, and folders that are created
 * durably. Used by file-storage.ts and own-parts.ts. Invariant: no symbolic link leads out of the folder.
 */
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { createFolderSync, type SyncFolder } from './folder-sync.ts';
import { keepRootFolder } from './root-folder.ts';
import { fileStorageError, isMissing, unlessMissing } from './storage-error.ts';
import { assertKey } from './storage-key.ts';
import type { StorageMemory } from './storage-mark.ts';

export type StorageFolder = ReturnType<typeof openStorageFolder>;

/** @param root absolute path; @param memory without it every folder will do */
export function openStorageFolder(root: string, memory: StorageMemory | undefined) {
  const rootFolder = keepRootFolder(root, memory);
  const knownFolders = new Set<string>();
  const syncFolder: SyncFolder = createFolderSync();
  let rootPlace: string | null = null;

  function pathOf(key: string): string {
    assertKey(key);
    return join(root, key);
  }

  /** The real path of a file of the storage; missing if a symbolic link leads out of the folder. */
  async function placeOf(key: string): Promise<string | undefined> {
    const path = pathOf(key);
    return guarded(path, () =>
      unlessMissing(isMissing, async () => {
        const place = await realpath(path);
        if (rootPlace !== null && isWithin(place, rootPlace)) return place;
        // Not known yet, or the folder itself is a link that leads elsewhere by now.
        rootPlace = await realpath(root);
        return isWithin(place, rootPlace) ? place : undefined;
      }),
    );
  }

  async function statOf(key: string) {
    const place = await placeOf(key);
    return place === undefined
      ? undefined
      : guarded(place, () => unlessMissing(isMissing, () => stat(place)));
  }

  /** Folders that were made are synced into their parents, or a power cut would lose them with the file. */
  async function ensure(folder: string): Promise<void> {
    await rootFolder.ensure();
    if (knownFolders.has(folder)) return;
    await rootFolder.ensure('freshly');
    const firstMade = await mkdir(folder, { recursive: true, mode: 0o755 });
    if (firstMade !== undefined) {
      for (let made = folder; made.length >= firstMade.length; made = dirname(made))
        await syncFolder(dirname(made));
    }
    knownFolders.add(folder);
  }

  /** A folder that was removed during the run is created again, once. */
  async function inFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
    await ensure(folder);
    try {
      return await act();
    } catch (error) {
      if (!isMissing(error)) throw error;
      knownFolders.delete(folder);
      await ensure(folder);
      return act();
    }
  }

  return { root, check: () => rootFolder.check(), pathOf, placeOf, statOf, ensure, inFolder, syncFolder };
}

/** @throws StorageError for whatever the file system says of the path */
export async function guarded<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw fileStorageError(error, path);
  }
}

function isWithin(place: string, folder: string): boolean {
  return place.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
