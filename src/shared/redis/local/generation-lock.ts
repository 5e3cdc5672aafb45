/**
 * A lock between processes that `kill -9` cannot leave locked, and that two waiters cannot break at the same time. Each
 * holder is a file `lock.<n>`; only the highest counts. A process that finds the holder released or dead creates
 * `lock.<n+1>` with link(), which succeeds for exactly one, and then checks again: a still higher file means that it
 * was too late. The highest file is never deleted, so a late process always sees it. Guards the start and stop of the
 * local Redis; called by join-server.ts.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { isErrorWithCode } from '../error-code.ts';
import { RedisUnusableError } from '../redis-unusable-error.ts';
import { identifyOwnProcess, isAlive, parseIdentity } from './process-identity.ts';

const POLL_MS = 25;
const REFRESH_MS = 5_000;
/** A holder in another container cannot be checked; it refreshes its file, and counts as dead after this. */
const SILENT_AFTER_MS = 30_000;
const RELEASED = 'released';

export interface LockOptions {
  folder: string;
  clock: Clock;
  signal?: AbortSignal;
}

/** Runs `work` while no other process of this lock folder does. */
export async function withLock<Result>(options: LockOptions, work: () => Promise<Result>): Promise<Result> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const file = await acquire(options);
  const refresh = setInterval(() => void touch(file, options.clock), REFRESH_MS);
  refresh.unref();
  try {
    return await work();
  } finally {
    clearInterval(refresh);
    await writeAtomically(file, RELEASED);
  }
}

/** What link() answers on FAT, and on some network file systems. */
const withoutHardLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

async function acquire(options: LockOptions): Promise<string> {
  for (;;) {
    options.signal?.throwIfAborted();
    const generation = await highestGeneration(options.folder);
    if (generation === 0 || !(await isHeld(lockFile(options.folder, generation), options.clock))) {
      const file = await tryCreate(options, generation + 1);
      if (file !== undefined) return file;
    }
    await sleep(POLL_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

async function tryCreate({ folder, clock }: LockOptions, generation: number): Promise<string | undefined> {
  const file = lockFile(folder, generation);
  const draft = join(folder, `draft-${randomUUID()}`);
  try {
    await writeFile(draft, JSON.stringify(await identifyOwnProcess()));
    await link(draft, file);
  } catch (error) {
    if (isErrorWithCode(error, 'EEXIST')) return undefined;
    if (withoutHardLinks.some((code) => isErrorWithCode(error, code))) {
      const message = `A local Redis does not work in ${folder}: its file system has no hard links. Set DATA_DIR to a folder on a local disk, or set REDIS_URL.`;
      throw new RedisUnusableError('start-failed', message, { cause: error });
    }
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  if ((await highestGeneration(folder)) > generation) {
    await rm(file, { force: true });
    return undefined;
  }
  await removeRemains(folder, generation, clock);
  return file;
}

async function isHeld(file: string, clock: Clock): Promise<boolean> {
  const content = await readFile(file, 'utf8').catch(() => undefined);
  // Removed since the listing: another process holds a higher one.
  if (content === undefined) return true;
  if (content === RELEASED) return false;
  const identity = parseIdentity(content);
  if (identity === undefined) return false;
  const liveness = await isAlive(identity);
  return liveness === 'alive' || (liveness === 'elsewhere' && (await wasTouchedLately(file, clock)));
}

async function wasTouchedLately(file: string, clock: Clock): Promise<boolean> {
  const stats = await stat(file).catch(() => undefined);
  return stats === undefined || clock.now() - stats.mtimeMs < SILENT_AFTER_MS;
}

async function touch(file: string, clock: Clock): Promise<void> {
  const at = clock.now() / 1000;
  await utimes(file, at, at).catch(() => undefined);
}

async function highestGeneration(folder: string): Promise<number> {
  return Math.max(0, ...(await listGenerations(folder)));
}

/** Also drafts that a killed process left; those of the living are younger. */
async function removeRemains(folder: string, generation: number, clock: Clock): Promise<void> {
  for (const name of await readdir(folder)) {
    const isLower = name.startsWith('lock.') && Number(name.slice('lock.'.length)) < generation;
    const isOldDraft = name.startsWith('draft-') && !(await wasTouchedLately(join(folder, name), clock));
    if (isLower || isOldDraft) await rm(join(folder, name), { force: true });
  }
}

async function listGenerations(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => (/^lock\.\d+$/.test(name) ? [Number(name.slice('lock.'.length))] : []));
}

async function writeAtomically(file: string, content: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, content);
  await rename(draft, file);
}

function lockFile(folder: string, generation: number): string {
  return join(folder, `lock.${generation}`);
}
