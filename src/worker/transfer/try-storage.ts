/**
 * Tries the storage with a small write, within a time: a share whose server is gone answers nothing at all. Used
 * when a result could not be stored, and by the probe of a halt.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { downloadPolicy } from '../../shared/policy.ts';
import type { Storage } from '../../shared/storage/storage.ts';
import { StorageError } from '../../shared/storage/storage-error.ts';

export interface StorageTrouble {
  /** It answers, and has no room left. */
  readonly isFull: boolean;
  readonly message: string;
}

/** @param beside the key of a result in whose place to write @returns what is wrong, or null when it works */
export async function tryStorage(storage: Storage, beside?: string): Promise<StorageTrouble | null> {
  const patience = new AbortController();
  const message = `${storage.name} did not answer within ${downloadPolicy.storagePatienceMs / 1000} s`;
  const late = sleep(
    downloadPolicy.storagePatienceMs,
    { isFull: false, message },
    { signal: patience.signal },
  ).catch(() => null);
  try {
    return await Promise.race([storage.probe(beside).then(() => null), late]);
  } catch (error) {
    const isFull = error instanceof StorageError && error.code === 'STORAGE_FULL';
    return { isFull, message: error instanceof Error ? error.message : String(error) };
  } finally {
    patience.abort();
  }
}
