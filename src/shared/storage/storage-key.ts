/**
 * The last check of a key before it becomes a path or an object name. The path template never makes a
 * key that fails here; a key from anywhere else (an old ledger, a bug) must not leave the storage.
 */
import { StorageError } from './storage-error.ts';

/** Leaves room in a 255-byte file name for the longest suffix a backend adds. */
export const MAX_SEGMENT_BYTES = 200;

export function isKey(key: string): boolean {
  return key.length > 0 && key.length <= 900 && key.split('/').every(isSafeSegment);
}

export function assertKey(key: string): void {
  if (!isKey(key)) {
    throw new StorageError('STORAGE_FAILED', `${JSON.stringify(key)} is not a key this storage accepts`);
  }
}

function isSafeSegment(segment: string): boolean {
  if (segment === '' || segment === '.' || segment === '..') return false;
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES + 10) return false;
  return !/[\\\p{Cc}]/u.test(segment);
}
