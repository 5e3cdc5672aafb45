/**
 * Results in a folder of the file system. Called through the Storage interface by the transfer, `export
 * --verify` and `doctor`. Invariant: a file appears under its final name only by a rename of a synced
 * file, and nothing that this storage did not write is adopted or removed as a part.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, realpath, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import type { Clock } from '../clock.ts';
import { mediaEndings } from '../media/media-kind.ts';
import { type FilePartDeps, type Inherited, openFilePart } from './file-part.ts';
import { createFolderSync } from './folder-sync.ts';
import { type ChoiceFacts, choosePart, isLeftover, type PartOnDisk } from './part-choice.ts';
import {
  listParts,
  PART_FOLDER,
  partName,
  partStem,
  removePart,
  removePartsOf,
  sweepParts,
  takePart,
} from './part-folder.ts';
import { keepRootFolder } from './root-folder.ts';
import { type Storage, sidecarKey, sidecarText, withEnding } from './storage.ts';
import { fileStorageError, isMissing, StorageError, unlessMissing } from './storage-error.ts';
import { assertKey } from './storage-key.ts';
import type { StorageMemory } from './storage-mark.ts';

export interface FileStorageDeps {
  readonly clock: Clock;
  /** Silence after which a part of another process is taken rather than copied. Default 60 s. */
  readonly abandonedAfterMs?: number;
  /** By which the folder is known again; without it every folder will do. */
  readonly memory?: StorageMemory;
}

/** Always the same one: what a probe could not remove, killed or forbidden to write, the next one removes. */
const PROBE_FILE = '.probe';

const READ_CHUNK_BYTES = 1024 * 1024;

/** Every transfer asks for the free space; an answer this fresh will do for all of them. */
const FREE_BYTES_FOR_MS = 200;

export function createFileStorage(rootPath: string, deps: FileStorageDeps): Storage {
  const root = resolve(rootPath);
  const rootFolder = keepRootFolder(root, deps.memory);
  const partFolder = join(root, PART_FOLDER);
  const owner = randomBytes(8).toString('hex');
  const bootedAt = deps.clock.now() - uptime() * 1000;
  const knownFolders = new Set<string>();
  const syncFolder = createFolderSync();
  const partDeps: FilePartDeps = {
    newToken,
    open: new Set(),
    syncFolder,
    inFolder,
    withTemporary,
    pathOf,
  };
  let tokens = 0;
  let free: { readonly bytes: Promise<number>; readonly at: number } | undefined;

  function newToken(): string {
    tokens += 1;
    return owner + tokens.toString(16).padStart(8, '0');
  }

  function pathOf(key: string): string {
    assertKey(key);
    return join(root, key);
  }

  let rootPlace: string | null = null;

  /** Where a file of the storage really lies; missing when a symbolic link leads out of the folder. */
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
  async function ensureFolder(folder: string): Promise<void> {
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

  /** A folder removed by somebody while we run is made again, once. */
  async function inFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
    await ensureFolder(folder);
    try {
      return await act();
    } catch (error) {
      if (!isMissing(error)) throw error;
      knownFolders.delete(folder);
      await ensureFolder(folder);
      return act();
    }
  }

  function choiceFacts(): ChoiceFacts {
    const abandonedAfterMs = deps.abandonedAfterMs ?? 60_000;
    return { owner, open: partDeps.open, now: deps.clock.now(), bootedAt, abandonedAfterMs };
  }

  async function inherit(key: string, parts: readonly PartOnDisk[]): Promise<Inherited | undefined> {
    const { goOnWith, remove } = choosePart(parts, choiceFacts());
    const stem = partStem(key);
    for (const token of remove) await removePart(partFolder, partName(stem, token));
    if (goOnWith === undefined) return undefined;
    return withToken(async (token) => {
      if (!(await takePart(partFolder, key, goOnWith.part, goOnWith.by, token))) return undefined;
      const { size } = await stat(join(partFolder, partName(stem, token)));
      return { token, identity: goOnWith.part.identity, bytes: size };
    });
  }

  /** Holds a new token for the time of an act, so that no sweep of ours takes its file away. */
  async function withToken<T>(act: (token: string) => Promise<T>): Promise<T> {
    const token = newToken();
    partDeps.open.add(token);
    try {
      return await act(token);
    } finally {
      partDeps.open.delete(token);
    }
  }

  async function sweep(olderThanMs: number): Promise<number> {
    const facts = { ...choiceFacts(), writtenBefore: deps.clock.now() - olderThanMs };
    return sweepParts(partFolder, async (part) => isLeftover(part, await storedAt(part.key), facts));
  }

  async function storedAt(key: string | undefined): Promise<number | undefined> {
    if (key === undefined) return undefined;
    // The sidecar, as the ending of the result is not known. Whatever is wrong with it, the part is not judged by it.
    return stat(join(root, sidecarKey(key))).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
  }

  /**
   * Writes a small file durably under a passing name and hands that to the act, which renames it. What a killed
   * process leaves of it is swept like any part.
   */
  async function withTemporary<T>(key: string, text: string, act: (path: string) => Promise<T>): Promise<T> {
    return withToken(async (token) => {
      const path = join(partFolder, partName(partStem(key), token));
      try {
        await inFolder(partFolder, () => writeFile(path, text, { flag: 'wx', flush: true }));
        return await act(path);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    });
  }

  async function writeWhole(file: string, key: string, text: string): Promise<void> {
    await withTemporary(key, text, (path) => inFolder(dirname(file), () => rename(path, file)));
    await syncFolder(dirname(file));
  }

  async function measureFreeBytes(): Promise<number> {
    await ensureFolder(root);
    const { bavail, bsize } = await statfs(root);
    return bavail * bsize;
  }

  return {
    name: root,
    locate: pathOf,
    async openPart(key) {
      const file = pathOf(key);
      return guarded(file, async () => {
        const parts = await inFolder(partFolder, () => listParts(partFolder, partStem(key)));
        const inherited = parts.length === 0 ? undefined : await inherit(key, parts);
        const place = { key, file, folder: partFolder, hasOthers: parts.length > 0 };
        return openFilePart(place, partDeps, inherited);
      });
    },
    async putSidecar(key, content) {
      assertKey(key);
      const file = pathOf(sidecarKey(key));
      await guarded(file, () => writeWhole(file, key, sidecarText(content)));
      return file;
    },
    async readSidecar(key) {
      const path = await placeOf(sidecarKey(key));
      if (path === undefined) return undefined;
      const text = await guarded(path, () => unlessMissing(isMissing, () => readFile(path, 'utf8')));
      try {
        return text === undefined ? undefined : (JSON.parse(text) as unknown);
      } catch {
        return undefined;
      }
    },
    async withAnyEnding(key) {
      const keys = mediaEndings.map((ending) => withEnding(key, ending));
      const found = await Promise.all(keys.map(statOf));
      return keys.filter((_, index) => found[index]?.isFile() === true);
    },
    async stat(key) {
      const found = await statOf(key);
      // Missing is said only of a file in the right folder.
      if (found === undefined) await guarded(pathOf(key), () => rootFolder.check());
      return found?.isFile() ? { bytes: found.size, modifiedAt: found.mtimeMs } : undefined;
    },
    async *read(key, range) {
      const path = await placeOf(key);
      if (path === undefined)
        throw new StorageError('STORAGE_FAILED', `${pathOf(key)} is not there, or leads out of ${root}`);
      const chunks = createReadStream(path, {
        highWaterMark: READ_CHUNK_BYTES,
        ...(range !== undefined && { start: range.first, end: range.last }),
      });
      try {
        yield* chunks;
      } catch (error) {
        throw fileStorageError(error, path);
      }
    },
    async remove(key) {
      for (const path of [pathOf(key), pathOf(sidecarKey(key))])
        await guarded(path, () => rm(path, { force: true }));
      await guarded(partFolder, () => inFolder(partFolder, () => removePartsOf(partFolder, partStem(key))));
    },
    async clearParts(key) {
      await guarded(partFolder, () => inFolder(partFolder, () => removePartsOf(partFolder, partStem(key))));
    },
    removeAbandonedParts: (olderThanMs) =>
      guarded(partFolder, () => inFolder(partFolder, () => sweep(olderThanMs))),
    freeBytes() {
      const now = deps.clock.now();
      if (free === undefined || now - free.at >= FREE_BYTES_FOR_MS) {
        free = { bytes: guarded(root, measureFreeBytes), at: now };
      }
      return free.bytes;
    },
    async probe(beside) {
      const folder = beside === undefined ? root : dirname(pathOf(beside));
      const file = join(folder, PROBE_FILE);
      await guarded(folder, async () => {
        await writeWhole(file, 'probe', 'probe');
        await rm(file, { force: true });
      });
    },
    close: async () => undefined,
  };
}

async function guarded<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw fileStorageError(error, path);
  }
}

function isWithin(place: string, folder: string): boolean {
  return place.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
