/**
 * Results in a folder of the file system. Called through the Storage interface by the transfer, `export
 * --verify` and `doctor`. Invariant: a file appears under its final name only by a rename of a synced
 * file, and nothing that this storage did not write is adopted or removed as a part.
 */

import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { uptime } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import { removeAbandonedParts } from './abandoned-parts.ts';
import { type FilePartDeps, type Inherited, openFilePart } from './file-part.ts';
import { createFolderSync } from './folder-sync.ts';
import { choosePart } from './part-choice.ts';
import { listParts, removePart, removePartFolder, takePart } from './part-folder.ts';
import { type Storage, sidecarKey } from './storage.ts';
import { fileStorageError, isMissing, StorageError } from './storage-error.ts';
import { assertKey } from './storage-key.ts';

export interface FileStorageDeps {
  readonly clock: Clock;
  /** Silence after which a part of another process is taken rather than copied. Default 60 s. */
  readonly abandonedAfterMs?: number;
}

const READ_CHUNK_BYTES = 1024 * 1024;

export function createFileStorage(rootPath: string, deps: FileStorageDeps): Storage {
  const root = resolve(rootPath);
  const owner = randomBytes(8).toString('hex');
  const bootedAt = deps.clock.now() - uptime() * 1000;
  let tokens = 0;
  const syncFolder = createFolderSync();
  const partDeps: FilePartDeps = { newToken, open: new Set(), syncFolder };
  const knownFolders = new Set<string>();

  function newToken(): string {
    tokens += 1;
    return owner + tokens.toString(16).padStart(8, '0');
  }

  const pathOf = (key: string): string => {
    assertKey(key);
    return join(root, key);
  };

  /** Folders that were made are synced into their parents, or a power cut would lose them with the file. */
  async function ensureFolder(folder: string): Promise<void> {
    if (knownFolders.has(folder)) return;
    const firstMade = await mkdir(folder, { recursive: true, mode: 0o755 });
    if (firstMade !== undefined) {
      for (let made = folder; made.length >= firstMade.length; made = dirname(made))
        await syncFolder(dirname(made));
    }
    knownFolders.add(folder);
  }

  /** A folder removed by somebody while we run is made again, once. */
  async function inFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
    try {
      await ensureFolder(folder);
      return await act();
    } catch (error) {
      if (!isMissing(error) || !knownFolders.delete(folder)) throw error;
      await ensureFolder(folder);
      return act();
    }
  }

  async function inherit(folder: string): Promise<Inherited | undefined> {
    const choice = choosePart(await listParts(folder), {
      owner,
      open: partDeps.open,
      now: deps.clock.now(),
      bootedAt,
      abandonedAfterMs: deps.abandonedAfterMs ?? 60_000,
    });
    for (const token of choice.remove) await removePart(folder, token);
    if (choice.goOnWith === undefined) return undefined;
    const { part, by } = choice.goOnWith;
    const token = newToken();
    if (!(await takePart(folder, part, by, token))) return undefined;
    return { token, identity: part.identity, bytes: (await stat(join(folder, token))).size };
  }

  /**
   * Writes a small file whole. The temporary one lives in the folder of parts: what a killed process leaves
   * there is cleared like any part, and once a result has its sidecar no part of it is needed any more.
   */
  async function writeWhole(file: string, partFolder: string, text: string): Promise<void> {
    await mkdir(partFolder, { recursive: true, mode: 0o755 });
    const temporary = join(partFolder, newToken());
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(dirname(file));
    await removePartFolder(partFolder);
  }

  return {
    name: root,
    locate: pathOf,
    async openPart(key) {
      const file = pathOf(key);
      const folder = `${file}.part`;
      return guarded(file, async () => {
        const inherited = await inFolder(dirname(file), () => inherit(folder));
        return openFilePart({ file, folder }, partDeps, inherited);
      });
    },
    async putSidecar(key, content) {
      const file = pathOf(sidecarKey(key));
      const text = `${JSON.stringify(content, null, 2)}\n`;
      await guarded(file, () => inFolder(dirname(file), () => writeWhole(file, `${pathOf(key)}.part`, text)));
      return file;
    },
    async readSidecar(key) {
      const text = await unlessMissing(() => readFile(pathOf(sidecarKey(key)), 'utf8'));
      try {
        return text === undefined ? undefined : (JSON.parse(text) as unknown);
      } catch {
        return undefined;
      }
    },
    async stat(key) {
      const found = await unlessMissing(() => stat(pathOf(key)));
      return found?.isFile() ? { bytes: found.size, modifiedAt: found.mtimeMs } : undefined;
    },
    read: (key) => createReadStream(pathOf(key), { highWaterMark: READ_CHUNK_BYTES }),
    async remove(key) {
      const file = pathOf(key);
      for (const path of [file, pathOf(sidecarKey(key)), `${file}.part`]) {
        await guarded(path, () => rm(path, { recursive: path.endsWith('.part'), force: true }));
      }
    },
    removeAbandonedParts: (olderThanMs) =>
      removeAbandonedParts(root, deps.clock.now() - olderThanMs, partDeps.open),
    async freeBytes() {
      await guarded(root, () => ensureFolder(root));
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
    async probe() {
      const file = join(root, `.probe-${newToken()}`);
      await guarded(root, () => inFolder(root, () => writeWhole(file, `${file}.part`, 'probe')));
      await rm(file, { force: true });
    },
    close: async () => undefined,
  };
}

async function guarded<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof StorageError ? error : fileStorageError(error, path);
  }
}

async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
