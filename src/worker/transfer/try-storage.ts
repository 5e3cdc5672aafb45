/**
 * Tests the storage with a small write and a time limit: a share whose server is down does not answer at all. Used when
 * a result could not be stored, and by the probe of a halt.
 */
import { downloadPolicy } from '../../shared/policy.ts';
import type { Storage } from '../../shared/storage/storage.ts';
import { StorageError } from '../../shared/storage/storage-error.ts';
import { withTimeout } from '../../shared/time/with-timeout.ts';

export interface StorageTrouble {
  /** It answers, and has no room left. */
  readonly isFull: boolean;
  readonly message: string;
}

/** @param beside the key of a result next to which to write @returns what is wrong, or null if it works */
export async function tryStorage(storage: Storage, beside?: string): Promise<StorageTrouble | null> {
  const { storagePatienceMs } = downloadPolicy;
  const message = `${storage.name} did not answer within ${storagePatienceMs / 1000} s`;
  try {
    const probed = storage.probe(beside).then(() => null);
    return await withTimeout(probed, storagePatienceMs, { isFull: false, message });
  } catch (error) {
    const isFull = error instanceof StorageError && error.code === 'STORAGE_FULL';
    return { isFull, message: error instanceof Error ? error.message : String(error) };
  }
}
