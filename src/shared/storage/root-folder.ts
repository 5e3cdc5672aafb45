/**
 * The folder of a file storage, used only while it is the one that was used before (storage-mark.ts). Called by the
 * file storage before it makes or writes anything. Invariant: where the disk of the storage is not mounted, nothing
 * is made in its place.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSystemOf } from './file-system-of.ts';
import { isMissing, StorageError } from './storage-error.ts';
import { describeOtherFolder, judgeFolder, MARK_FILE, type StorageMemory } from './storage-mark.ts';

export interface RootFolder {
  /** Throws a StorageError when it is another folder. Makes nothing. */
  check(): Promise<void>;
  /** As `check`, and makes and marks the folder where it is new. Before anything is made an answer has to be fresh. */
  ensure(freshly?: 'freshly'): Promise<void>;
}

/** Every write checks; an answer this recent is used for all of them. */
const goodForMs = 500;

/** @param memory without one every folder will do, and none is marked */
export function keepRootFolder(root: string, memory: StorageMemory | undefined): RootFolder {
  const markFile = join(root, MARK_FILE);
  // As `rootOf` names it.
  const name = join(root, '/');
  let ensured: { readonly done: Promise<void>; readonly at: number } | undefined;

  async function judge(remembered: StorageMemory) {
    const known = await remembered.recall(name);
    const id = await readMark();
    // The place is only read if the mark does not decide.
    const place = known !== null && id === known.id ? known.place : await fileSystemOf(root);
    return { known, found: { id, place }, verdict: judgeFolder(known, { id, place }) };
  }

  async function readMark(): Promise<string | null> {
    try {
      return (await readFile(markFile, 'utf8')).trim();
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Another process may put its mark there at the same time: the first one counts. */
  async function mark(id: string): Promise<string> {
    await mkdir(root, { recursive: true, mode: 0o755 });
    if ((await readMark()) === '') await writeFile(markFile, `${id}\n`, { flush: true });
    else await writeFile(markFile, `${id}\n`, { flag: 'wx', flush: true }).catch(unlessExists);
    return (await readMark()) ?? id;
  }

  async function ensureNow(remembered: StorageMemory): Promise<void> {
    const { known, found, verdict } = await judge(remembered);
    if (verdict.kind === 'other-folder')
      throw new StorageError('STORAGE_FAILED', describeOtherFolder(root, found));
    const id = verdict.kind === 'use' ? verdict.id : await mark(verdict.id ?? randomUUID());
    const isNews = known === null || (id === known.id ? found.place !== known.place : found.id === '');
    if (isNews) await remembered.remember(name, { id, place: await fileSystemOf(root) });
  }

  return {
    async check() {
      if (memory === undefined) return;
      const { found, verdict } = await judge(memory);
      if (verdict.kind === 'other-folder')
        throw new StorageError('STORAGE_FAILED', describeOtherFolder(root, found));
    },
    ensure(freshly) {
      if (memory === undefined) return Promise.resolve();
      if (freshly !== undefined || ensured === undefined || performance.now() - ensured.at >= goodForMs) {
        const done = ensureNow(memory);
        ensured = { done, at: performance.now() };
        done.catch(() => {
          ensured = undefined;
        });
      }
      return ensured.done;
    },
  };
}

function unlessExists(error: unknown): void {
  const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  if (!isThere) throw error;
}
