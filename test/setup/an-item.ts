/** An item for table tests of pure decisions. */
import type { Item } from '../../src/shared/ledger/item.ts';

export function anItem(changes: Partial<Item> = {}): Item {
  return {
    id: 's_1',
    batch: 'test',
    otherBatches: [],
    model: 'sora-watermark-remover',
    url: 'https://sora.chatgpt.com/p/s_1',
    inputs: {},
    state: 'queued',
    reason: null,
    message: null,
    taskIds: [],
    attempts: 0,
    possiblyPaidTwice: 0,
    creditsSpent: 0,
    chargedCredits: 0,
    estimate: null,
    excusedTasks: 0,
    spareTasks: [],
    billedFailures: 0,
    file: null,
    bytes: null,
    sha256: null,
    enqueuedAt: 0,
    submittedAt: null,
    completedAt: null,
    savedAt: null,
    submitter: null,
    row: null,
    upload: null,
    ...changes,
  };
}
