/**
 * Results in a folder of the file system. Called through the Storage interface by the transfer, `export
 * --verify` and `doctor`. Invariant: a file appears under its final name only by a rename of a synced
 * file, and nothing that this storage did not write is adopted or removed as a part.
 */
import { createReadStream } from 'node:fs';
import { readFile, rm, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import { mediaEndings } from '../media/media-kind.ts';
import { openFilePart } from './file-part.ts';
import { createOwnParts } from './own-parts.ts';
import { listParts, partStem, removePartsOf } from './part-folder.ts';
import { type Storage, sidecarKey, sidecarText, withEnding } from './storage.ts';
import { fileStorageError, isMissing, StorageError, unlessMissing } from './storage-error.ts';
import { guarded, openStorageFolder } from './storage-folder.ts';
import { assertKey } from './storage-key.ts';
import type { StorageMemory } from './storage-mark.ts';

export interface FileStorageDeps {
  readonly clock: Clock;
  /** Silence after which a part of another process is taken over instead of copied. Default 60 s. */
  readonly abandonedAfterMs?: number;
  /** By which the folder is known again; without it every folder will do. */
  readonly memory?: StorageMemory;
}

/** Always the same one: what a probe could not remove, killed or forbidden to write, the next one removes. */
const PROBE_FILE = '.probe';

const READ_CHUNK_BYTES = 1024 * 1024;

/** Every transfer checks the free space; an answer this recent is used for all of them. */
const FREE_BYTES_FOR_MS = 200;

export function createFileStorage(rootPath: string, deps: FileStorageDeps): Storage {
  const root = resolve(rootPath);
  const place = openStorageFolder(root, deps.memory);
  const parts = createOwnParts(place, {
    clock: deps.clock,
    abandonedAfterMs: deps.abandonedAfterMs ?? 60_000,
  });
  const { pathOf, placeOf, statOf, inFolder } = place;
  const partFolder = parts.folder;
  /** Files of probes that may be left: the next one that works removes those of all folders. */
  const probes = new Set<string>();
  let free: { readonly bytes: Promise<number>; readonly at: number } | undefined;

  async function measureFreeBytes(): Promise<number> {
    await place.ensure(root);
    const { bavail, bsize } = await statfs(root);
    return bavail * bsize;
  }

  return {
    name: root,
    locate: pathOf,
    async openPart(key) {
      const file = pathOf(key);
      return guarded(file, async () => {
        const others = await inFolder(partFolder, () => listParts(partFolder, partStem(key)));
        const inherited = others.length === 0 ? undefined : await parts.inherit(key, others);
        const target = { key, file, folder: partFolder, hasOthers: others.length > 0 };
        return openFilePart(target, { ...place, ...parts }, inherited);
      });
    },
    async putSidecar(key, content) {
      assertKey(key);
      const file = pathOf(sidecarKey(key));
      await guarded(file, () => parts.writeWhole(file, key, sidecarText(content)));
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
    async withAnyEnding(key, endings = mediaEndings) {
      const keys = endings.map((ending) => withEnding(key, ending));
      const found = await Promise.all(keys.map(statOf));
      return keys.filter((_, index) => found[index]?.isFile() === true);
    },
    async stat(key) {
      const found = await statOf(key);
      // Missing is said only of a file in the right folder.
      if (found === undefined) await guarded(pathOf(key), () => place.check());
      return found?.isFile() ? { bytes: found.size, modifiedAt: found.mtimeMs } : undefined;
    },
    async *read(key, range) {
      const path = await placeOf(key);
      if (path === undefined)
        throw new StorageError('STORAGE_FAILED', `${pathOf(key)} does not exist, or leads out of ${root}`);
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
      guarded(partFolder, () => inFolder(partFolder, () => parts.sweep(olderThanMs))),
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
      probes.add(file);
      await guarded(folder, async () => {
        await parts.writeWhole(file, 'probe', 'probe');
        for (const each of probes) {
          await rm(each, { force: true });
          probes.delete(each);
        }
      });
    },
    close: async () => undefined,
  };
}
