/** A batch as returned by the ledger, for tests of texts and decisions: empty, except for what a test changes. */
import type { Batch } from '../../src/shared/ledger/batch.ts';

export const noCounts: Batch['counts'] = {
  queued: 0,
  submitting: 0,
  processing: 0,
  downloading: 0,
  saved: 0,
  failed: 0,
  cancelled: 0,
  held: 0,
};

export function sampleBatch(
  counts: Partial<Batch['counts']>,
  changes: Partial<Omit<Batch, 'counts'>> = {},
): Batch {
  return {
    name: 'links',
    model: 'm',
    root: '/videos/',
    createdAt: 0,
    counts: { ...noCounts, ...counts },
    failures: {},
    possiblyPaidTwice: 0,
    creditsSpent: 0,
    budget: null,
    bytes: 0,
    dearer: null,
    isPaused: false,
    priority: 1,
    ...changes,
  };
}
