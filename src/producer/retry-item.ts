/**
 * Takes one ended or held item up again. A task that succeeded is paid: when only its result could not be
 * brought home, the same task is looked at again and nothing is paid anew.
 */
import type { Queues } from '../shared/jobs/catalogue.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { FailureReason } from '../shared/ledger/states.ts';

const collectable: readonly (FailureReason | null)[] = ['download-failed', 'result-invalid', 'task-timeout'];

/** @returns whether there was anything to do */
export async function retryItem(
  item: Item,
  { ledger, queues }: { readonly ledger: Ledger; readonly queues: Queues },
): Promise<boolean> {
  if (item.state === 'failed' && item.taskIds.length > 0 && collectable.includes(item.reason)) {
    const { moved } = await ledger.move('collectAgain', item.id, { reason: null, message: null });
    if (moved) await queues.add('status-check', item.id);
    return moved;
  }
  if (item.state !== 'failed' && item.state !== 'cancelled' && item.state !== 'held') return false;
  const { moved } = await ledger.move('requeue', item.id, { reason: null, message: null, attempts: 0 });
  if (moved) await queues.add('submit', item.id);
  return moved;
}
