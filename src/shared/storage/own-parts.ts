/**
 * The parts of unfinished results that this process owns, by its own tokens. Parts of a killed process are taken over,
 * and leftovers are swept. Used by file-storage.ts. Invariant: only files that a storage wrote are adopted or removed.
 */
import { randomBytes } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Inherited } from './file-part.ts';
import { type ChoiceFacts, choosePart, isLeftover, type PartOnDisk } from './part-choice.ts';
import { PART_FOLDER, partName, partStem, removePart, sweepParts, takePart } from './part-folder.ts';
import { sidecarKey } from './storage.ts';
import type { StorageFolder } from './storage-folder.ts';

export interface OwnPartsDeps {
  readonly clock: Clock;
  /** Silence after which a part of another process is taken over instead of copied. */
  readonly abandonedAfterMs: number;
}

export function createOwnParts(place: StorageFolder, { clock, abandonedAfterMs }: OwnPartsDeps) {
  const folder = join(place.root, PART_FOLDER);
  const owner = randomBytes(8).toString('hex');
  const bootedAt = clock.now() - uptime() * 1000;
  /** Tokens that this process has open. */
  const open = new Set<string>();
  /** Passing files that could not be removed, as on a disk that became read-only. */
  const left = new Set<string>();
  let tokens = 0;

  function newToken(): string {
    tokens += 1;
    return owner + tokens.toString(16).padStart(8, '0');
  }

  function choiceFacts(): ChoiceFacts {
    return { owner, open, now: clock.now(), bootedAt, abandonedAfterMs };
  }

  async function inherit(key: string, parts: readonly PartOnDisk[]): Promise<Inherited | undefined> {
    const { goOnWith, remove } = choosePart(parts, choiceFacts());
    const stem = partStem(key);
    for (const token of remove) await removePart(folder, partName(stem, token));
    if (goOnWith === undefined) return undefined;
    return withToken(async (token) => {
      if (!(await takePart(folder, key, goOnWith.part, goOnWith.by, token))) return undefined;
      const { size } = await stat(join(folder, partName(stem, token)));
      return { token, identity: goOnWith.part.identity, bytes: size };
    });
  }

  /** Holds a new token during an action, so that none of our sweeps removes its file. */
  async function withToken<T>(act: (token: string) => Promise<T>): Promise<T> {
    const token = newToken();
    open.add(token);
    try {
      return await act(token);
    } finally {
      open.delete(token);
    }
  }

  async function sweep(olderThanMs: number): Promise<number> {
    const facts = { ...choiceFacts(), writtenBefore: clock.now() - olderThanMs };
    return sweepParts(folder, async (part) => isLeftover(part, await storedAt(part.key), facts));
  }

  async function storedAt(key: string | undefined): Promise<number | undefined> {
    if (key === undefined) return undefined;
    // The sidecar, as the ending of the result is not known. Whatever is wrong with it, the part is not judged by it.
    return stat(join(place.root, sidecarKey(key))).then(
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
      const path = join(folder, partName(partStem(key), token));
      try {
        await place.inFolder(folder, () => writeFile(path, text, { flag: 'wx', flush: true }));
        const result = await act(path);
        for (const each of left) await removeTemporary(each);
        return result;
      } catch (error) {
        await removeTemporary(path);
        throw error;
      }
    });
  }

  /** What cannot be removed now is removed after the next write that works. */
  async function removeTemporary(path: string): Promise<void> {
    await rm(path, { force: true }).then(
      () => left.delete(path),
      () => left.add(path),
    );
  }

  /** Writes a whole file over its final name, durably. */
  async function writeWhole(file: string, key: string, text: string): Promise<void> {
    await withTemporary(key, text, (path) => place.inFolder(dirname(file), () => rename(path, file)));
    await place.syncFolder(dirname(file));
  }

  return { folder, open, newToken, inherit, sweep, withTemporary, writeWhole };
}
