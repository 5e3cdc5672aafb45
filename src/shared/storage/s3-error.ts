/**
 * What S3 and compatible stores answer when something is wrong, as the storage's own errors. Called wherever the SDK
 * is. A storage without room is a halt; everything else needs a person.
 */
import { StorageError } from './storage-error.ts';

/** MinIO, Ceph and others have their own names for a full disk or an exhausted quota. */
const FULL_NAMES: ReadonlySet<string> = new Set([
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
  'QuotaExceeded',
  'InsufficientStorage',
  'InsufficientCapacity',
]);

const MISSING_NAMES: ReadonlySet<string> = new Set(['NotFound', 'NoSuchKey']);

export function s3StorageError(error: unknown, file: string): StorageError {
  if (error instanceof StorageError) return error;
  const name = error instanceof Error ? error.name : 'unknown error';
  const message = error instanceof Error ? error.message : String(error);
  if (FULL_NAMES.has(name) || httpStatus(error) === 507) {
    return new StorageError('STORAGE_FULL', `no room for ${file} (${name})`, error);
  }
  const advice = 'check the bucket, the region, the endpoint and the permissions of the credentials';
  return new StorageError('STORAGE_FAILED', `cannot use ${file} (${name}: ${message}): ${advice}`, error);
}

export function isMissingObject(error: unknown): boolean {
  return error instanceof Error && MISSING_NAMES.has(error.name);
}

function httpStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return Number(metadata.httpStatusCode);
}
