/**
 * The errors of a storage: `STORAGE_FULL` if there is no space (the transfer turns it into a halt, nothing is lost),
 * and `STORAGE_FAILED` for everything else that needs a person (permissions, a missing bucket, a read-only disk).
 */
import { ExplainedError } from '../explained-error.ts';
import { isRedisTrouble } from '../redis/redis-trouble.ts';

export type StorageErrorCode = 'STORAGE_FULL' | 'STORAGE_FAILED';

export class StorageError extends ExplainedError {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Wraps what the file system threw, naming the path it was about. What Redis refused to remember is no fault of it. */
export function fileStorageError(error: unknown, path: string): Error {
  if (error instanceof StorageError) return error;
  if (error instanceof Error && isRedisTrouble(error)) return error;
  const code = errorCode(error);
  if (FULL_CODES.has(code)) return new StorageError('STORAGE_FULL', `no room for ${path} (${code})`, error);
  return new StorageError(
    'STORAGE_FAILED',
    `cannot use ${path} (${code}): check the path and its permissions`,
    error,
  );
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

/** @returns undefined where nothing is there */
export async function unlessMissing<T>(
  isMissing: (error: unknown) => boolean,
  act: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'UNKNOWN';
}
