/**
 * Finds items that Redis has lost the place of: neither in a backlog nor in progress, so that nothing would ever process
 * them. Only a Redis that lost its last second in the middle of a script's changes leaves such (find-lost.lua). Looks
 * through batches without a backlog whose counts have not changed since the last time, ever more rarely while they stand
 * still, as in a long halt: a batch may have a million items. Used by the sweeper.
 */
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { Logger } from '../shared/logging/logger.ts';

const pageSize = 500;
/** In calls: half an hour. */
const longestGap = 30;

/** @returns a function to be called now and then, which resolves with how many items it found */
export function createLostItemSearch(
  ledger: Pick<Ledger, 'idleBatches' | 'findLost'>,
  logger: Logger,
): () => Promise<number> {
  let standing = new Map<string, { readonly counts: string; readonly calls: number }>();

  async function searchBatch(name: string): Promise<number> {
    let found = 0;
    for (let from = 0; ; ) {
      const { checked, ids } = await ledger.findLost(name, from, pageSize);
      if (ids.length > 0)
        logger.warn({ batch: name, ids }, 'Links whose place Redis had lost are processed again');
      found += ids.length;
      from += checked;
      if (checked < pageSize) return found;
    }
  }

  return async () => {
    const still = new Map<string, { readonly counts: string; readonly calls: number }>();
    let found = 0;
    for (let from = 0; ; ) {
      const page = await ledger.idleBatches(from, pageSize);
      for (const [name, counts] of page.found) {
        const before = standing.get(name);
        const calls = before?.counts === counts ? before.calls + 1 : 0;
        still.set(name, { counts, calls });
        if (isDue(calls)) found += await searchBatch(name);
      }
      from += page.checked;
      if (page.checked < pageSize) break;
    }
    standing = still;
    return found;
  };
}

/** At the 1st, 2nd, 4th, 8th and 16th call at which the counts are the same, and then at each 30th. */
function isDue(calls: number): boolean {
  const isPowerOfTwo = calls > 0 && (calls & (calls - 1)) === 0;
  return calls < longestGap ? isPowerOfTwo : calls % longestGap === 0;
}
