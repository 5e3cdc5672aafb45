/**
 * The steps that follow from the record of a task that a callback has named. Called by apply-step.ts alone. Invariant:
 * a task that is not the item's leaves the item as it is, and one that is is recorded before it is followed.
 */
import { createClaims } from '../shared/callbacks/claims.ts';
import { wakeIfFollowed, wakeWaitingSubmit } from '../shared/callbacks/wake-status-check.ts';
import { refusedClaims } from '../shared/item-history/measures.ts';
import { recordFoundTask } from '../shared/ledger/found-task.ts';
import type { Item } from '../shared/ledger/item.ts';
import { itemLog } from './item-log.ts';
import type { JobOutcome } from './queue-signals.ts';
import type { Step } from './step.ts';
import type { WorkerContext } from './worker-context.ts';

const done: JobOutcome = { kind: 'done' };

export async function adoptTask(
  { taskId, attempt }: Extract<Step, { kind: 'adopt-task' }>,
  item: Item,
  context: WorkerContext,
): Promise<JobOutcome> {
  const { ledger, queues } = context;
  const recorded = await recordFoundTask(ledger, item.id, { taskId, attempt, by: 'callback' });
  if (recorded === 'of-another')
    return refuseTask({ kind: 'refuse-task', taskId, message: 'it belongs to another link' }, item, context);
  const log = itemLog(item, context);
  if (recorded === 'taken') {
    log.info({ taskId }, 'A callback had the task id of a lost or open create call');
    await wakeWaitingSubmit(queues, item.id);
  }
  if (recorded === 'kept')
    log.warn({ taskId }, 'A callback had a task id of a failed link: a retry collects it');
  if (recorded === 'beside') {
    log.warn({ otherTaskId: taskId }, 'A callback had the id of a second task: the link may be paid twice');
    await queues.addBeside(item.id, taskId);
  }
  const rest = await wakeIfFollowed(item.id, taskId, context);
  await rest?.();
  await createClaims(context).judged(item.id, taskId);
  return done;
}

export async function refuseTask(
  { taskId, message }: Extract<Step, { kind: 'refuse-task' }>,
  item: Item,
  context: WorkerContext,
): Promise<JobOutcome> {
  itemLog(item, context).warn(
    { otherTaskId: taskId, why: message },
    'A callback had a task id that is not the link’s; ignored',
  );
  await createClaims(context).judged(item.id, taskId);
  await context.itemHistory.count(refusedClaims);
  return done;
}
