/**
 * Has the deleted files of a batch fetched again. Called by `retry --missing`. The task of a saved link is paid,
 * so its result is collected once more as long as the vendor has it; no other task is ever made of it.
 */
import type { Queues } from '../shared/jobs/catalogue.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type VerifyDeps, verifyItem } from '../shared/storage/verify-item.ts';

export interface FetchMissingDeps {
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly verify: Omit<VerifyDeps, 'depth'>;
}

export interface MissingSummary {
  /** Saved links whose file, or one of several, is missing. */
  readonly missing: number;
  /** Of these: wait for their download now. */
  readonly fetchedAgain: number;
  /** Of these, links without a known task, so there is nothing to download. */
  readonly withoutTask: number;
}

export async function fetchMissing(batch: string, deps: FetchMissingDeps): Promise<MissingSummary> {
  let [missing, fetchedAgain, withoutTask] = [0, 0, 0];
  for await (const page of deps.ledger.items(batch)) {
    for (const item of page) {
      if (!(await isMissing(item, deps))) continue;
      missing += 1;
      if (!hasTask(item)) withoutTask += 1;
      else if (await fetchAgain(item, deps)) fetchedAgain += 1;
    }
  }
  return { missing, fetchedAgain, withoutTask };
}

async function isMissing(item: Item, { verify }: FetchMissingDeps): Promise<boolean> {
  if (item.state !== 'saved') return false;
  return (await verifyItem(item, { ...verify, depth: 'size' })).verdict === 'missing';
}

/** Without the time of its saving the worker would not know that it was saved before. */
function hasTask({ taskIds, savedAt }: Item): boolean {
  return taskIds.length > 0 && savedAt !== null;
}

async function fetchAgain(item: Item, { ledger, queues }: FetchMissingDeps): Promise<boolean> {
  const expect = { taskId: item.taskIds.at(-1) ?? '' };
  const { moved } = await ledger.move('fetchAgain', item.id, { message: null }, { expect });
  if (moved) await queues.add('download', item.id);
  return moved;
}
