/**
 * One unfinished result in the file system, as `openPart` of the file storage hands it out. Commit is: sync the
 * file and its sidecar, rename both over their final names, sync the folder, then remove what is left of its parts.
 * Starting over makes a new file rather than emptying this one, so that a process that copies it never
 * mixes two sources. Invariant: only a file that this part alone writes is renamed to the final name.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { applyEdits, type Edit } from '../media/edits.ts';
import type { SyncFolder } from './folder-sync.ts';
import { createPart, partName, partStem, removePart, removePartsOf } from './part-folder.ts';
import {
  type Commit,
  type Part,
  type RewrittenFacts,
  type SourceIdentity,
  sidecarKey,
  sidecarText,
} from './storage.ts';
import { fileStorageError, isMissing } from './storage-error.ts';
import { createWriteBehind, type WriteBehind } from './write-behind.ts';

export interface FilePartPlace {
  readonly key: string;
  /** Absolute path of the result, until its first bytes say more. */
  readonly file: string;
  /** Absolute path of the folder of parts. */
  readonly folder: string;
  /** Other parts of this result, or remains of them, exist: the commit removes them. */
  readonly hasOthers: boolean;
}

export interface FilePartDeps {
  readonly newToken: () => string;
  /** Tokens this process has open: kept up to date by the part. */
  readonly open: Set<string>;
  readonly syncFolder: SyncFolder;
  /** Absolute path of a result. */
  readonly pathOf: (key: string) => string;
  /** Makes the folder of the result where it is missing, then acts. */
  readonly inFolder: <T>(folder: string, act: () => Promise<T>) => Promise<T>;
  /** Writes a small file durably under a passing name, for the act to rename. */
  readonly withTemporary: <T>(key: string, text: string, act: (path: string) => Promise<T>) => Promise<T>;
}

/** What an earlier part left, already under a token of ours. */
export interface Inherited {
  readonly token: string;
  readonly identity: SourceIdentity;
  readonly bytes: number;
}

interface Current {
  readonly token: string;
  readonly path: string;
  readonly writes: WriteBehind;
}

const READ_CHUNK_BYTES = 1024 * 1024;

export function openFilePart(
  place: FilePartPlace,
  deps: FilePartDeps,
  inherited: Inherited | undefined,
): Part {
  const { key, folder } = place;
  let { file } = place;
  const stem = partStem(key);
  let identity = inherited?.identity;
  let current: Current | undefined;
  let mustClear = place.hasOthers || inherited !== undefined;
  if (inherited !== undefined) {
    current = hold(inherited.token, (path) => createWriteBehind(() => open(path, 'r+'), inherited.bytes));
  }

  function hold(token: string, writesTo: (path: string) => WriteBehind): Current {
    const path = join(folder, partName(stem, token));
    deps.open.add(token);
    return { token, path, writes: writesTo(path) };
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

  async function close({ token, writes }: Current): Promise<void> {
    await writes.close();
    deps.open.delete(token);
  }

  async function release(): Promise<string | undefined> {
    const released = current;
    current = undefined;
    if (released !== undefined) await close(released);
    return released?.token;
  }

  async function drop(): Promise<void> {
    const token = await release();
    if (token !== undefined) await removePart(folder, partName(stem, token));
  }

  /** The bytes as received stay on the disk until the commit removes them: a kill before it loses nothing. */
  async function rewrite(edits: readonly Edit[]): Promise<RewrittenFacts> {
    const source = held();
    await source.writes.drain();
    const token = deps.newToken();
    const createFile = () => createPart(folder, partName(stem, token), undefined);
    const copy = hold(token, () => createWriteBehind(createFile, 0));
    mustClear = true;
    const hash = createHash('sha256');
    try {
      const chunks = createReadStream(source.path, { highWaterMark: READ_CHUNK_BYTES });
      for await (const chunk of applyEdits(chunks, edits)) {
        hash.update(chunk);
        await copy.writes.write(chunk);
      }
      await copy.writes.drain();
    } catch (error) {
      await close(copy);
      await removePart(folder, partName(stem, token));
      throw error;
    }
    current = copy;
    await close(source);
    return { bytes: copy.writes.positionBytes, sha256: hash.digest('hex') };
  }

  /** The sidecar is written while the video is synced, and one sync of the folder makes both names durable. */
  async function finishWith(sidecar: object): Promise<Commit> {
    const synced = held().writes.sync();
    // Awaited in `finish`; a failure must not count as unhandled until then.
    synced.catch(() => undefined);
    return deps.withTemporary(key, sidecarText(sidecar), async (path) => {
      const commit = await finish(synced, path);
      if (commit.kind === 'superseded') await rm(path, { force: true });
      return commit;
    });
  }

  async function finish(synced: Promise<void>, sidecarPath?: string): Promise<Commit> {
    const { path } = held();
    await synced;
    await release();
    const isRenamed = await deps.inFolder(dirname(file), () => renameUnlessGone(path, file));
    if (!isRenamed) return { kind: 'superseded' };
    // The process that removed it has put the same sidecar there.
    if (sidecarPath !== undefined) await renameUnlessGone(sidecarPath, sidecarKey(file));
    await deps.syncFolder(dirname(file));
    if (mustClear) await removePartsOf(folder, stem);
    return { kind: 'committed', file };
  }

  return {
    survivesSuspend: true,
    get identity() {
      return identity;
    },
    get receivedBytes() {
      return current?.writes.positionBytes ?? 0;
    },
    async *replay() {
      if (inherited === undefined || inherited.bytes === 0 || current?.token !== inherited.token) return;
      const end = inherited.bytes - 1;
      try {
        yield* createReadStream(current.path, { end, highWaterMark: READ_CHUNK_BYTES });
      } catch (error) {
        throw fileStorageError(error, file);
      }
    },
    async begin(newIdentity) {
      await guarded(drop);
      const token = deps.newToken();
      identity = newIdentity;
      const createFile = (isLastWrite: boolean) => {
        // A part that is whole by its first write is never resumed; neither is one without a validator.
        const resumable = !isLastWrite && newIdentity.validator !== undefined;
        mustClear ||= resumable;
        return createPart(folder, partName(stem, token), resumable ? { ...newIdentity, key } : undefined);
      };
      current = hold(token, () => createWriteBehind(createFile, 0));
    },
    place(placed) {
      file = deps.pathOf(placed.key);
    },
    canRewrite: true,
    rewrite: (edits) => guarded(() => rewrite(edits)),
    write: (chunk) => guarded(() => held().writes.write(chunk)),
    commit: (sidecar) =>
      guarded(() => (sidecar === undefined ? finish(held().writes.sync()) : finishWith(sidecar))),
    async suspend() {
      await current?.writes.drain().catch(() => undefined);
      await release();
    },
    discard: () => guarded(drop),
  };
}

/** Missing means: another process committed the same result and removed our part. */
async function renameUnlessGone(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error) && (await isGone(from))) return false;
    throw error;
  }
}

async function isGone(path: string): Promise<boolean> {
  return open(path, 'r').then(
    async (handle) => {
      await handle.close();
      return false;
    },
    (error: unknown) => isMissing(error),
  );
}
