/**
 * Keeps the reserve of the storage: before and during the reception of a body, the free space must hold the remaining
 * bytes and `MIN_FREE_BYTES`. Storages without a limit (S3) are never full here.
 */
import type { Storage } from '../../shared/storage/storage.ts';

export interface SpaceShort {
  readonly freeBytes: number;
  readonly neededBytes: number;
}

/** Space for the label, the sidecar and the unfinished folder, in addition to the video. */
const OVERHEAD_BYTES = 64 * 1024;

export async function findSpaceShort(
  storage: Storage,
  toComeBytes: number,
  minFreeBytes: number,
): Promise<SpaceShort | undefined> {
  const freeBytes = await storage.freeBytes();
  const neededBytes = toComeBytes + OVERHEAD_BYTES + minFreeBytes;
  return freeBytes === undefined || freeBytes >= neededBytes ? undefined : { freeBytes, neededBytes };
}
