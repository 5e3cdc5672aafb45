/** The disk of the videos: a separate small file system if this user may mount one. */
import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const pieceBytes = 1024 * 1024;

export interface Disk extends AsyncDisposable {
  readonly folder: string;
  /** Whether it is a separate one: only that can be filled, or be read-only. */
  readonly isMounted: boolean;
  /** Not a byte is free until it is emptied. */
  fill(): Promise<void>;
  empty(): Promise<void>;
  /** A folder on it becomes read-only. */
  forbidWrites(folder: string): Promise<void>;
  allowWrites(folder: string): Promise<void>;
}

export async function openDisk(folder: string, sizeMib: number): Promise<Disk> {
  await mkdir(folder);
  const isMounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', folder]).then(
    () => true,
    () => false,
  );
  if (!isMounted) console.warn('skipped: this user may not mount a disk, so none is full or read-only');
  const ballast = join(folder, 'ballast');
  return {
    folder,
    isMounted,
    async fill() {
      await using file = await open(ballast, 'w');
      let bytes = pieceBytes;
      while (bytes > 0) {
        await file.write(Buffer.alloc(bytes)).catch(() => {
          bytes = Math.floor(bytes / 2);
        });
      }
    },
    empty: () => rm(ballast, { force: true }),
    async forbidWrites(of) {
      await run('mount', ['--bind', of, of]);
      await run('mount', ['-o', 'remount,bind,ro', of]);
    },
    // Files that are being read keep it busy.
    allowWrites: async (of) => void (await run('umount', ['-l', of])),
    async [Symbol.asyncDispose]() {
      if (isMounted) await run('umount', ['-l', folder]);
    },
  };
}
