/**
 * Handles a callback after its address and signature were checked. If the item has this task, it is polled now. Any
 * other task id is a claim: whoever knows the address can send another item's task id, so the worker reads the task's
 * record before anything changes. Results are never read from a callback. Called by the route; safe for duplicates and
 * for any order with the answer to the create call.
 */
import type { CallbackOrigin } from '../../shared/callbacks/callback-tokens.ts';
import type { Claims } from '../../shared/callbacks/claims.ts';
import { wakeIfFollowed } from '../../shared/callbacks/wake-status-check.ts';
import type { ItemHistory } from '../../shared/item-history/item-history.ts';
import { refusedClaims } from '../../shared/item-history/measures.ts';
import type { Queues } from '../../shared/jobs/catalogue.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { itemOfTask } from '../../shared/ledger/task-index.ts';
import type { Logger } from '../../shared/logging/logger.ts';
import type { Keyspace } from '../../shared/redis/keyspace.ts';

export interface CallbackDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly itemHistory: ItemHistory;
  readonly claims: Claims;
  readonly logger: Logger;
}

/**
 * Records the callback.
 * @returns work that could not be done at once, to run in the background
 */
export async function takeCallback(
  { id, attempt }: CallbackOrigin,
  taskId: string,
  deps: CallbackDeps,
): Promise<(() => Promise<void>) | null> {
  const item = await deps.ledger.item(id);
  if (item === null) return null;
  if (item.taskIds.includes(taskId)) return wakeIfFollowed(id, taskId, deps);
  if (await isOfAnother(id, taskId, deps)) return refuse(id, taskId, 'it belongs to another link', deps);
  const noted = await deps.claims.note(id, taskId);
  if (noted === 'full') return refuse(id, taskId, 'too many task ids were sent to this address', deps);
  // Also if it is already recorded: the process that recorded it may have died before adding the job.
  if (noted === 'open') await deps.queues.addClaim({ itemId: id, taskId, attempt });
  return null;
}

async function isOfAnother(
  id: string,
  taskId: string,
  { redis, prefix, ledger }: CallbackDeps,
): Promise<boolean> {
  const owner = await itemOfTask({ redis, prefix }, taskId);
  if (owner === null || owner === id) return false;
  return (await ledger.item(owner))?.taskIds.includes(taskId) ?? false;
}

async function refuse(
  item: string,
  taskId: string,
  why: string,
  { logger, itemHistory }: CallbackDeps,
): Promise<null> {
  logger.warn({ item, taskId, why }, 'A callback had a task id that is not the link’s; ignored');
  await itemHistory.count(refusedClaims);
  return null;
}
