/**
 * What a retry of links would pay, shown before it starts. The number of new tasks is an upper bound: a cancelled link
 * may have a paid task, which is then collected. Called by the server.
 */
import type { Batch } from '../shared/ledger/batch.ts';
import { isCollectable } from '../shared/ledger/batch-operations.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { FailureReason } from '../shared/ledger/states.ts';

export interface RetryCounts {
  readonly links: number;
  readonly collected: number;
  readonly newTasks: number;
}

/** Of a whole batch, or of what failed for one reason. Pure. */
export function retryCountsOf({ counts, failures }: Batch, reason: FailureReason | undefined): RetryCounts {
  const links =
    reason === undefined ? counts.failed + counts.cancelled + counts.held : (failures[reason] ?? 0);
  const reasons = Object.entries(failures).filter(([each]) => reason === undefined || each === reason);
  const collected = reasons.reduce((sum, [each, count]) => sum + (isCollectable(each) ? count : 0), 0);
  return { links, collected, newTasks: Math.max(0, links - collected) };
}

export function retryCountsOfItems(items: readonly Item[]): RetryCounts {
  const collected = items.filter(hasTaskToCollect).length;
  return { links: items.length, collected, newTasks: items.length - collected };
}

function hasTaskToCollect({ state, reason, taskIds }: Item): boolean {
  if (taskIds.length === 0) return false;
  return state === 'cancelled' || (state === 'failed' && isCollectable(reason ?? ''));
}
