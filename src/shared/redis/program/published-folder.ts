/**
 * A folder in the cache that exists completely or not at all. It is made under a name of its own and then
 * renamed, so a fetch that is killed half-way leaves nothing a later start would trust, and of two fetches
 * at the same time the first to finish wins. Called by the ways of fetching a server.
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { isErrorWithCode } from '../error-code.ts';

const WORK_PREFIX = '.fetching-';
/** No fetch takes this long: a work folder older than this was left by a process that was killed. */
const ABANDONED_AFTER_MS = 6 * 60 * 60 * 1000;

export interface FolderPublication {
  target: string;
  clock: Clock;
  /** Fills an empty folder, or throws. */
  fill: (folder: string) => Promise<void>;
  /** Judges what another process published meanwhile, or what was there before. */
  isUsable: () => Promise<boolean>;
}

export async function publishFolder({ target, clock, fill, isUsable }: FolderPublication): Promise<void> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await removeAbandoned(parent, clock);
  const work = await mkdtemp(join(parent, WORK_PREFIX));
  try {
    await fill(work);
    if (await renameUnlessTaken(work, target)) return;
    if (await isUsable()) return;
    await withdrawFolder(target);
    await renameUnlessTaken(work, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Takes a folder that turned out useless out of the way in one step. */
async function withdrawFolder(target: string): Promise<void> {
  const aside = await mkdtemp(join(dirname(target), WORK_PREFIX));
  await rename(target, join(aside, 'withdrawn')).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

async function renameUnlessTaken(work: string, target: string): Promise<boolean> {
  try {
    await rename(work, target);
    return true;
  } catch (error) {
    if (isErrorWithCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

async function removeAbandoned(parent: string, clock: Clock): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(WORK_PREFIX)) continue;
    const path = join(parent, name);
    const touchedAt = await stat(path).then(
      (stats) => stats.mtimeMs,
      () => clock.now(),
    );
    if (clock.now() - touchedAt > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
