/**
 * A folder in the cache that exists completely or not at all. It is created under a temporary name and then renamed. A
 * killed download leaves nothing that a later start would use, and of two at the same time the first one wins. Called
 * by the ways of downloading a server.
 */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { isErrorWithCode } from '../error-code.ts';
import { identifyOwnProcess, isAlive, parseIdentity } from '../local/process-identity.ts';

const WORK_PREFIX = '.fetching-';
const OWNER_FILE = 'owner.json';
/** No download takes this long: an older work folder is unused, even if its owner cannot be checked. */
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
    await writeFile(join(work, OWNER_FILE), JSON.stringify(await identifyOwnProcess()));
    await fill(work);
    await rm(join(work, OWNER_FILE));
    if (await renameUnlessTaken(work, target)) return;
    if (await isUsable()) return;
    await withdrawFolder(target);
    await renameUnlessTaken(work, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Moves an unusable folder away in one step. */
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
    const path = join(parent, name);
    if (name.startsWith(WORK_PREFIX) && (await isAbandoned(path, clock))) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function isAbandoned(path: string, clock: Clock): Promise<boolean> {
  const owner = await readFile(join(path, OWNER_FILE), 'utf8').then(parseIdentity, () => undefined);
  if (owner !== undefined && (await isAlive(owner)) === 'dead') return true;
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && clock.now() - stats.mtimeMs > ABANDONED_AFTER_MS;
}
