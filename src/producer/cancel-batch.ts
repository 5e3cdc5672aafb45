/**
 * Cancels a batch: its waiting links stop at once, then each is cancelled, chunk by chunk. Paid tasks are still
 * collected unless they are abandoned. Called by `cancel` and by the server. Killed in between it leaves the batch
 * paused, and the same call resumes it.
 */
import type { BatchOperations } from '../shared/ledger/batch-operations.ts';
import { inChunks } from './in-chunks.ts';

export interface CancelSummary {
  readonly cancelled: number;
  readonly abandoned: number;
  readonly collecting: number;
  readonly calling: number;
  readonly left: number;
}

export async function cancelBatch(
  name: string,
  operations: BatchOperations,
  { abandon, onProgress }: { readonly abandon: boolean; readonly onProgress?: (looked: number) => void },
): Promise<CancelSummary> {
  const summary = { cancelled: 0, abandoned: 0, collecting: 0, calling: 0, left: 0 };
  let position = 0;
  await operations.beginCancel(name);
  await inChunks(async (size) => {
    const { looked, ...found } = await operations.cancelItems(name, position, size, abandon);
    position += looked;
    summary.cancelled += found.cancelled;
    summary.abandoned += found.abandoned;
    summary.collecting += found.collecting;
    summary.calling += found.calling;
    summary.left += found.left;
    onProgress?.(position);
    return looked;
  }, operations);
  await sieveBacklog(name, operations);
  await operations.resume(name);
  return summary;
}

/** Once round; what is given to the batch meanwhile stays where it is. */
async function sieveBacklog(name: string, operations: BatchOperations): Promise<void> {
  let left = await operations.backlogLength(name);
  await inChunks(async (size) => {
    if (left <= 0) return 0;
    const looked = await operations.sieveBacklog(name, Math.min(left, size));
    left -= looked;
    return looked;
  }, operations);
}
