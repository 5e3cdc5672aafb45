/**
 * Finds items that Redis has lost the place of: neither in a backlog nor in progress, so that nothing would ever process
 * them. Only a Redis that lost its last second in the middle of a script's changes leaves such (find-lost.lua). Looks
 * through batches without a backlog whose counts have not changed since the last time. Used by the sweeper.
 */
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { Logger } from '../shared/logging/logger.ts';

const pageSize = 500;

/** @returns a function to be called now and then, which resolves with how many items it found */
export function createLostItemSearch(ledger: Ledger, logger: Logger): () => Promise<number> {
  let countsBefore = new Map<string, string>();

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
    const counts = new Map<string, string>();
    let found = 0;
    for (let from = 0; ; ) {
      const page = await ledger.idleBatches(from, pageSize);
      for (const [name, text] of page.found) {
        counts.set(name, text);
        if (countsBefore.get(name) === text) found += await searchBatch(name);
      }
      from += page.checked;
      if (page.checked < pageSize) break;
    }
    countsBefore = counts;
    return found;
  };
}
