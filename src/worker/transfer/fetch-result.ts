/**
 * Downloads one result to its final place: complete, verified, labelled and durable. Called by the download stage, any
 * number of times for the same result and by several processes at once. Each call resumes where an earlier one stopped,
 * and finds a result that is already stored. Invariant: `stored` is only returned for a committed file whose bytes were
 * all inspected.
 */
import { StorageError } from '../../shared/storage/storage-error.ts';
import type { FetchReply, FetchRequest } from './fetch-reply.ts';
import { findStored } from './find-stored.ts';
import { Transfer } from './transfer.ts';
import type { TransferDeps } from './transfer-deps.ts';
import { tryStorage } from './try-storage.ts';

/** Throws the signal's reason when aborted; what was received is kept. */
export async function fetchResult(
  request: FetchRequest,
  deps: TransferDeps,
  signal: AbortSignal,
): Promise<FetchReply> {
  signal.throwIfAborted();
  try {
    const stored = await findStored(request, deps.storage);
    if (stored !== undefined) return stored;
    return await withPart(request, deps, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StorageError)) throw error;
    if (error.code === 'STORAGE_FULL') return fullReply(request, deps);
    return failedReply(error, request, deps);
  }
}

/** A test write next to the result shows whether the storage or only this result is the problem. */
async function failedReply(
  error: StorageError,
  request: FetchRequest,
  deps: TransferDeps,
): Promise<FetchReply> {
  const { key } = request;
  const trouble = await tryStorage(deps.storage, key);
  if (trouble === null) return { kind: 'not-stored', message: error.message };
  if (trouble.isFull) return fullReply(request, deps);
  return { kind: 'storage-unavailable', message: trouble.message, key };
}

async function withPart(request: FetchRequest, deps: TransferDeps, signal: AbortSignal): Promise<FetchReply> {
  const part = await deps.storage.openPart(request.key);
  let keep = true;
  try {
    const reply = await new Transfer(request, deps, part, signal).run();
    keep = reply.kind !== 'invalid' && reply.kind !== 'refused';
    return reply;
  } finally {
    await (keep ? part.suspend() : part.discard());
  }
}

/**
 * The disk refused the write, so the exact need is unknown: at least the reserve, and more than is free. If space has come
 * back meanwhile, what is free says nothing about the need: a halt that waited for more than that would never end.
 */
async function fullReply({ key, expect }: FetchRequest, { storage }: TransferDeps): Promise<FetchReply> {
  const freeBytes = (await storage.freeBytes().catch(() => 0)) ?? 0;
  const isFull = (await tryStorage(storage, key)) !== null;
  return {
    kind: 'storage-full',
    freeBytes,
    neededBytes: Math.max(isFull ? freeBytes + 1 : 0, expect?.minFreeBytes ?? 0),
  };
}
