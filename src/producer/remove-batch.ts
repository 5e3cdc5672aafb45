/**
 * Forgets the ended links of a batch, chunk by chunk, and the batch itself once nothing of it is left. Called by
 * `remove`, and by the workers for what is older than the retention says. Videos stay where they are, and a
 * saved link stays known as paid and saved.
 */
import type { BatchOperations, EndedBefore } from '../shared/ledger/batch-operations.ts';
import { inChunks } from './in-chunks.ts';

export interface RemoveSummary {
  readonly removed: number;
  /** Links that still have a way to go, wait for a person, or are not old enough. */
  readonly kept: number;
  /** Unix milliseconds; null when none of the kept ones has ended. */
  readonly firstKeptEndedAt: number | null;
  readonly isGone: boolean;
}

/** However long ago they ended. */
export const allEnded: EndedBefore = { saved: Number.MAX_SAFE_INTEGER, failed: Number.MAX_SAFE_INTEGER };

export async function removeBatch(
  name: string,
  operations: BatchOperations,
  ended: EndedBefore = allEnded,
  signal?: AbortSignal,
): Promise<RemoveSummary> {
  let left = await operations.itemCount(name);
  let [removed, kept, first] = [0, 0, Number.POSITIVE_INFINITY];
  const { ping } = operations;
  await inChunks(
    async (size) => {
      if (left <= 0) return 0;
      const found = await operations.removeItems(name, Math.min(left, size), ended);
      left -= found.looked;
      removed += found.removed;
      kept += found.kept;
      first = Math.min(first, found.firstKeptEndedAt ?? first);
      return found.looked;
    },
    { ping, signal },
  );
  const isGone = kept === 0 && left <= 0 && (await operations.deleteBatch(name));
  return { removed, kept, firstKeptEndedAt: Number.isFinite(first) ? first : null, isGone };
}
