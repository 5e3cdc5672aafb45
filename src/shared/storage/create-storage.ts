/**
 * `STORAGE_URL` to a storage: `file:./videos` (relative to the working folder), `file:///absolute` or
 * `s3://bucket/prefix?region=…&endpoint=…&forcePathStyle=true`. Called once by each process's wiring. The
 * S3 client is loaded only where it is used.
 */
import { fileURLToPath } from 'node:url';
import { createFileStorage, type FileStorageDeps } from './file-storage.ts';
import type { S3StorageDeps } from './s3-storage.ts';
import type { Storage } from './storage.ts';
import { StorageError } from './storage-error.ts';

export type StorageDeps = FileStorageDeps & S3StorageDeps;

export async function createStorage(storageUrl: string, deps: StorageDeps): Promise<Storage> {
  if (storageUrl.startsWith('file:')) return createFileStorage(folderOf(storageUrl), deps);
  if (storageUrl.startsWith('s3:')) {
    const [{ createS3Storage }, { parseS3Location }] = await Promise.all([
      import('./s3-storage.ts'),
      import('./s3-location.ts'),
    ]);
    return createS3Storage(parseS3Location(storageUrl), deps);
  }
  throw new StorageError('STORAGE_FAILED', `STORAGE_URL ${storageUrl}: only file: and s3: are known`);
}

/** `file:videos` and `file:./videos` are relative, which a file URL as such cannot be. */
function folderOf(storageUrl: string): string {
  const path = storageUrl.slice('file:'.length);
  try {
    return path.startsWith('/') ? fileURLToPath(storageUrl) : decodeURIComponent(path) || '.';
  } catch (cause) {
    const message = `STORAGE_URL ${storageUrl} is not a local folder; a percent sign must be written as %25`;
    throw new StorageError('STORAGE_FAILED', message, cause);
  }
}
