/**
 * One local file as a list of a source: checked, waited for while it is being written, and read from one open file, so
 * that what is read is what was checked. Used by the sources `files` and `folder`.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';
import { type FileLook, hasUnfinishedName, markOf, unsettledMs } from './finished-file.ts';
import type { Finding, Marks, NewList, UnchangedList } from './source.ts';

export interface LocalListDeps {
  readonly clock: Clock;
  /** How long a file must have lain still before it is read. */
  readonly settleMs: number;
}

const readBytes = 64 * 1024;
/** Times the settling time. */
const MID_LINE_FACTOR = 20;

export async function findLocalList(
  path: string,
  marks: Marks,
  { clock, settleMs }: LocalListDeps,
  signal: AbortSignal,
): Promise<Finding> {
  const about = { key: path, name: path };
  if (hasUnfinishedName(basename(path))) return { found: 'unfinished', ...about };
  try {
    const first = await lookAt(path);
    if (marks.get(path) === markOf(first)) return unchanged(path);
    const waitMs = unsettledMs(first, null, clock.now(), settleMs);
    if (await mayEndInMidLine(path, first, clock.now(), settleMs)) return { found: 'unfinished', ...about };
    if (waitMs === 0) return newList(path);
    await sleep(waitMs, undefined, { signal });
    const isFinished = unsettledMs(await lookAt(path), first, clock.now(), settleMs) === 0;
    return isFinished ? newList(path) : { found: 'unfinished', ...about };
  } catch (error) {
    signal.throwIfAborted();
    return { found: 'failed', ...about, problem: whyUnreadable(error) };
  }
}

/**
 * If a writer pauses within a line, a link would be cut off. An incomplete last line is left for a later run, until the
 * file has not changed for so long that it is no longer being written.
 */
async function mayEndInMidLine(
  path: string,
  look: FileLook,
  now: number,
  settleMs: number,
): Promise<boolean> {
  if (look.sizeBytes === 0 || unsettledMs(look, null, now, settleMs * MID_LINE_FACTOR) === 0) return false;
  if (/\.(?:json|html?|url|webloc|xlsx|gz)$/i.test(path)) return false;
  await using file = await open(path, 'r');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, look.sizeBytes - 1);
  return buffer[0] !== 0x0a && buffer[0] !== 0x0d;
}

function unchanged(path: string): UnchangedList {
  return { found: 'unchanged', key: path, name: path };
}

function newList(path: string): NewList {
  let atStart: FileLook | undefined;
  return {
    found: 'list',
    key: path,
    name: path,
    list: {
      name: path,
      chunks: {
        async *[Symbol.asyncIterator]() {
          await using file = await open(path, 'r');
          atStart = await lookAtOpen(file);
          yield* file.createReadStream({ autoClose: false, highWaterMark: readBytes });
        },
      },
    },
    async mark() {
      if (atStart === undefined) return null;
      const now = await lookAt(path).catch(() => null);
      return now !== null && markOf(now) === markOf(atStart) ? markOf(now) : null;
    },
  };
}

async function lookAt(path: string): Promise<FileLook> {
  const { ino, size, mtimeMs, ctimeMs } = await stat(path);
  return { inode: ino, sizeBytes: size, contentChangedAt: mtimeMs, inodeChangedAt: ctimeMs };
}

async function lookAtOpen(file: FileHandle): Promise<FileLook> {
  const { ino, size, mtimeMs, ctimeMs } = await file.stat();
  return { inode: ino, sizeBytes: size, contentChangedAt: mtimeMs, inodeChangedAt: ctimeMs };
}

export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  switch (code) {
    case 'ENOENT':
      return 'it does not exist on this machine';
    case 'EACCES':
    case 'EPERM':
      return 'it is not readable by this user; change its permissions';
    case 'EISDIR':
      return 'it is a folder; use folder:PATH to read the lists in it';
    default:
      return `it cannot be read (${code})`;
  }
}
