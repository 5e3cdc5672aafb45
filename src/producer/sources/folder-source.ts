/**
 * The source `folder:`, an inbox. Each finished file in it is a list; once all its links are in the ledger, it is moved
 * to `done/`. If that is not allowed, it stays and is remembered instead. A file of a run that died before moving it is
 * only moved. A program that still has a moved file open writes to it in `done/`: for a day, what it adds there is read
 * too.
 */
import { access, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { extname, join, parse, sep } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.ts';
import { isOfInode } from './finished-file.ts';
import { findLocalList, type LocalListDeps, whyUnreadable } from './local-list.ts';
import type { Finding, Marks, PutAway, Source } from './source.ts';
import { SourceError } from './source-error.ts';

export interface FolderSourceDeps extends LocalListDeps {
  readonly logger: Logger;
}

const doneFolder = 'done';
/** For how long a list in `done/` is checked after its last change. */
const watchedMs = 24 * 3_600_000;

export function createFolderSource(address: string, folder: string, deps: FolderSourceDeps): Source {
  return {
    address,
    async *look(marks, signal) {
      for (const path of await filesIn(folder)) {
        const finding = await findLocalList(path, marks, deps, signal);
        yield withPutAway(finding, (keepMark) => moveToDone(folder, path, keepMark, deps));
      }
      for (const path of await watchedIn(folder, marks, deps)) {
        yield await findLocalList(path, marks, deps, signal);
      }
    },
  };
}

/** Lists in `done/` that this source has put there and that may still grow. */
async function watchedIn(folder: string, marks: Marks, { clock }: FolderSourceDeps): Promise<string[]> {
  const done = join(folder, doneFolder, sep);
  const watched: string[] = [];
  for (const [path, mark] of marks) {
    if (!path.startsWith(done)) continue;
    const found = await stat(path).catch(() => null);
    // Another process has put another file of that name there.
    if (found === null || !isOfInode(mark, found.ino)) continue;
    if (clock.now() - found.ctimeMs < watchedMs) watched.push(path);
  }
  return watched;
}

function withPutAway(finding: Finding, putAway: PutAway): Finding {
  return finding.found === 'list' || finding.found === 'unchanged' ? { ...finding, putAway } : finding;
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name !== doneFolder).sort();
    const paths = names.map((name) => join(folder, name));
    const areFiles = await Promise.all(
      paths.map(async (path) => (await stat(path).catch(() => null))?.isFile() === true),
    );
    return paths.filter((_, index) => areFiles[index]);
  } catch (cause) {
    throw new SourceError(
      'source-unreachable',
      `The folder ${folder} cannot be read: ${whyUnreadable(cause)}.`,
      { cause },
    );
  }
}

async function moveToDone(
  folder: string,
  path: string,
  keepMark: (key: string) => Promise<void>,
  { clock, logger }: FolderSourceDeps,
): Promise<void> {
  try {
    await mkdir(join(folder, doneFolder), { recursive: true });
    const place = await freePlace(folder, path, clock);
    await keepMark(place);
    await rename(path, place);
  } catch (error) {
    logger.warn({ list: path, err: error }, 'Could not move a list to done/; it is remembered instead');
  }
}

/** Never over an earlier list of that name. */
async function freePlace(folder: string, path: string, clock: Clock): Promise<string> {
  const { base } = parse(path);
  const place = join(folder, doneFolder, base);
  const isTaken = await access(place).then(
    () => true,
    () => false,
  );
  if (!isTaken) return place;
  const at = new Date(clock.now()).toISOString().replaceAll(/[-:.]/g, '');
  const extension = extname(base);
  return join(folder, doneFolder, `${base.slice(0, base.length - extension.length)}-${at}${extension}`);
}
