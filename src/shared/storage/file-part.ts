/**
 * One unfinished result in the file system, as `openPart` of the file storage hands it out. Commit is:
 * sync the file, rename it over the final name, sync the folder, then clear the folder of parts. Starting
 * over makes a new file rather than emptying this one, so that a process that copies it never mixes two
 * sources. Invariant: only a file that this part alone writes is ever renamed to the final name.
 */

import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SyncFolder } from './folder-sync.ts';
import { createPart, removeIfEmpty, removePart, removePartFolder } from './part-folder.ts';
import type { Commit, Part, SourceIdentity } from './storage.ts';
import { fileStorageError, isMissing } from './storage-error.ts';
import { createWriteBehind, type WriteBehind } from './write-behind.ts';

export interface FilePartPlace {
  /** Absolute path of the result. */
  readonly file: string;
  /** Absolute path of `<file>.part`. */
  readonly folder: string;
}

export interface FilePartDeps {
  readonly newToken: () => string;
  /** Tokens this process has open: kept up to date by the part. */
  readonly open: Set<string>;
  readonly syncFolder: SyncFolder;
}

/** What an earlier part left, already under a token of ours. */
export interface Inherited {
  readonly token: string;
  readonly identity: SourceIdentity;
  readonly bytes: number;
}

interface Current {
  readonly token: string;
  readonly writes: WriteBehind;
}

const READ_CHUNK_BYTES = 1024 * 1024;

export function openFilePart(
  place: FilePartPlace,
  deps: FilePartDeps,
  inherited: Inherited | undefined,
): Part {
  const { file, folder } = place;
  let identity = inherited?.identity;
  let current: Current | undefined;
  if (inherited !== undefined) {
    const path = join(folder, inherited.token);
    current = hold(
      inherited.token,
      createWriteBehind(() => open(path, 'r+'), inherited.bytes),
    );
  }

  function hold(token: string, writes: WriteBehind): Current {
    deps.open.add(token);
    return { token, writes };
  }

  function held(): Current {
    if (current === undefined) throw new Error(`nothing was begun for ${file}`);
    return current;
  }

  async function guarded<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw fileStorageError(error, file);
    }
  }

  async function release(): Promise<string | undefined> {
    const released = current;
    current = undefined;
    await released?.writes.close();
    if (released !== undefined) deps.open.delete(released.token);
    return released?.token;
  }

  async function drop(): Promise<void> {
    const token = await release();
    if (token !== undefined) await removePart(folder, token);
  }

  return {
    get identity() {
      return identity;
    },
    get receivedBytes() {
      return current?.writes.positionBytes ?? 0;
    },
    async *replay() {
      if (inherited === undefined || current?.token !== inherited.token) return;
      const path = join(folder, inherited.token);
      yield* createReadStream(path, { end: inherited.bytes - 1, highWaterMark: READ_CHUNK_BYTES });
    },
    async begin(newIdentity) {
      await drop();
      const token = deps.newToken();
      identity = newIdentity;
      current = hold(
        token,
        createWriteBehind(() => createPart(folder, token, newIdentity), 0),
      );
    },
    write: (chunk) => guarded(() => held().writes.write(chunk)),
    async commit(): Promise<Commit> {
      const { token, writes } = held();
      await guarded(() => writes.sync());
      await release();
      if (!(await guarded(() => renameUnlessGone(join(folder, token), file))))
        return { outcome: 'superseded' };
      await guarded(() => deps.syncFolder(dirname(file)));
      if (identity?.validator !== undefined) await rm(join(folder, `${token}.json`), { force: true });
      await removePartFolder(folder);
      return { outcome: 'committed', file };
    },
    async suspend() {
      if (current === undefined) return;
      await current.writes.drain().catch(() => undefined);
      await release();
    },
    async discard() {
      await drop();
      await removeIfEmpty(folder);
    },
  };
}

/** Gone means: another process committed the same result and cleared the folder. */
async function renameUnlessGone(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
