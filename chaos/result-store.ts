/** Where the videos of a run go: a folder on a disk of its own, or a bucket. The judge reads both in the same way. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MARK_FILE } from '../src/shared/storage/storage-mark.ts';
import { type S3Server, s3Credentials, startS3Server } from '../test/shared/storage/s3-server.ts';
import { type Disk, openDisk } from './disk.ts';
import type { FaultProxy } from './fault-proxy.ts';

export interface ResultFiles {
  /** All of them, with the names that items have for theirs. */
  list(): Promise<string[]>;
  read(file: string): Promise<Buffer>;
}

interface ResultStore extends ResultFiles {
  /** How processes reach it. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface FolderStore extends ResultStore {
  readonly kind: 'folder';
  readonly disk: Disk;
  readonly folder: string;
}

export interface BucketStore extends ResultStore {
  readonly kind: 'bucket';
  readonly server: S3Server;
}

export function filesIn(folder: string): ResultFiles {
  return {
    async list() {
      const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
      return files.filter((file) => file !== join(folder, MARK_FILE));
    },
    read: (file) => readFile(file),
  };
}

/** @param isKept it stays mounted at the end */
export async function openFolderStore(
  place: string,
  sizeMib: number,
  isKept: boolean,
): Promise<FolderStore & AsyncDisposable> {
  const disk = await openDisk(place, sizeMib);
  const folder = join(disk.folder, 'videos');
  return {
    ...{ kind: 'folder', disk, folder, ...filesIn(folder) },
    environment: { STORAGE_URL: `file:${folder}` },
    async [Symbol.asyncDispose]() {
      if (!isKept) await disk[Symbol.asyncDispose]();
    },
  };
}

export async function openBucketStore(proxy: FaultProxy): Promise<BucketStore & AsyncDisposable> {
  const server = await startS3Server();
  const { port } = new URL(server.endpoint);
  const url = server.urlFor(await proxy.front(Number(port)));
  const base = `${url.slice(0, url.indexOf('?'))}/`;
  return {
    ...{ kind: 'bucket', server },
    // Uploads of processes that were killed are aborted by age, and are no files.
    list: async () =>
      (await server.list()).filter((key) => !key.startsWith('unfinished/')).map((key) => base + key),
    read: (file) => server.read(file.slice(base.length)),
    environment: {
      STORAGE_URL: url,
      AWS_ACCESS_KEY_ID: s3Credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3Credentials.secretAccessKey,
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
