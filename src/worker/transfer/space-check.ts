/**
 * Keeps the reserve of the storage: before a body is read and now and then while it comes, the free space
 * must hold what is still to come and `MIN_FREE_BYTES`. Storages without a bound (S3) are never full here.
 */
import type { Storage } from '../../shared/storage/storage.ts';

export interface SpaceShort {
  readonly freeBytes: number;
  readonly neededBytes: number;
}

/** Room for the label, the sidecar and the unfinished folder beside the video itself. */
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
