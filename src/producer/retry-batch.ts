/**
 * Retries failed, cancelled and held links of a batch, chunk by chunk. Called by `retry` and by the server. A paid task
 * that may still produce a video is collected; all others wait in the backlog like any link, so that a million of them
 * take their turn.
 */
import type { Queues } from '../shared/jobs/catalogue.ts';
import type { BatchOperations } from '../shared/ledger/batch-operations.ts';
import type { FailureReason } from '../shared/ledger/states.ts';
import { inChunks } from './in-chunks.ts';

export interface RetrySummary {
  /** All that were retried. */
  readonly retried: number;
  /** Of these, already paid: only polled or downloaded again. */
  readonly collected: number;
}

export async function retryBatch(
  name: string,
  { operations, queues }: { readonly operations: BatchOperations; readonly queues: Queues },
  reason?: FailureReason,
): Promise<RetrySummary> {
  let [position, retried, collected] = [0, 0, 0];
  await inChunks(async (size) => {
    const found = await operations.retryItems(name, position, size, reason);
    await Promise.all([
      queues.addMany('status-check', found.checkAgain),
      queues.addMany('download', found.downloadAgain),
    ]);
    const again = found.checkAgain.length + found.downloadAgain.length;
    position += found.looked;
    retried += found.queued + again;
    collected += again;
    return found.looked;
  }, operations);
  return { retried, collected };
}
