/**
 * What a callback brings about, once its body and signature have been read: the task id is recorded where its
 * answer was lost, and the item's status check is woken. Results are never taken from a callback. Called by the
 * route; safe for duplicates and for any order with the answer to the create call.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallbackOrigin } from '../../shared/callbacks/callback-tokens.ts';
import type { Queues } from '../../shared/jobs/catalogue.ts';
import { recordFoundTask } from '../../shared/ledger/found-task.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import type { Logger } from '../../shared/logging/logger.ts';
import { wakeStatusCheck, wakeWaitingSubmit } from './wake-status-check.ts';

export interface CallbackDeps {
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly logger: Logger;
}

/** A look that is under way when a callback comes is over within this; then another one follows. */
const busyTries = 20;
const busyWaitMs = 250;

/** Records the id if it is new. What is left to do, where it can't be done at once, is returned to run on. */
export async function takeCallback(
  { id, attempt }: CallbackOrigin,
  taskId: string,
  deps: CallbackDeps,
): Promise<(() => Promise<void>) | null> {
  const { ledger, queues, logger } = deps;
  const log = logger.child({ item: id, taskId });
  const recorded = await recordFoundTask(ledger, id, { taskId, attempt, by: 'callback' });
  if (recorded === 'no-item') return null;
  if (recorded === 'taken') {
    log.info('A callback brought home a task whose answer was lost or is still under way');
    await wakeWaitingSubmit(queues, id);
  }
  if (recorded === 'beside') {
    log.warn('A callback named a second task: the link may have been paid twice');
    await queues.addBeside(id, taskId);
  }
  if (!(await isFollowed(id, taskId, ledger))) return null;
  if ((await wakeStatusCheck(queues, id)) === 'woken') return null;
  return () => lookOnceMore(id, taskId, deps);
}

async function lookOnceMore(id: string, taskId: string, { ledger, queues }: CallbackDeps): Promise<void> {
  for (let tries = 0; tries < busyTries; tries += 1) {
    await sleep(busyWaitMs);
    if (!(await isFollowed(id, taskId, ledger))) return;
    if ((await wakeStatusCheck(queues, id)) === 'woken') return;
  }
}

/** Whether it is this task that the item's status check looks at. */
async function isFollowed(id: string, taskId: string, ledger: Ledger): Promise<boolean> {
  const item = await ledger.item(id);
  return item?.state === 'processing' && item.taskIds.at(-1) === taskId;
}
