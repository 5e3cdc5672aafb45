/**
 * The steps that follow from a create call's answer, or from there being none. Called by apply-step.ts alone.
 * Invariant: an id that came is recorded before anything else, and what may be paid twice is counted in the same
 * move that lets the call be repeated.
 */
import { recordFoundTask } from '../shared/ledger/found-task.ts';
import type { Item } from '../shared/ledger/item.ts';
import { itemLog } from './item-log.ts';
import { nextCheckAt } from './polling/history.ts';
import type { JobFate } from './queue-signals.ts';
import type { Step } from './step.ts';
import type { WorkerContext } from './worker-context.ts';

const done: JobFate = { fate: 'done' };

/** The id is recorded before anything else, wherever the item has got to in the meantime. */
export async function recordTask(taskId: string, item: Item, context: WorkerContext): Promise<JobFate> {
  const { ledger, queues, clock } = context;
  const recorded = await recordFoundTask(ledger, item.id, {
    taskId,
    attempt: item.attempts + 1,
    by: 'answer',
  });
  if (recorded === 'beside') {
    itemLog(item, context).warn({ otherTaskId: taskId }, 'A link has two tasks: it may have been paid twice');
    await queues.addBeside(item.id, taskId);
  }
  if (recorded !== 'taken') return done;
  const now = clock.now();
  const history = await context.histories.of(context.models.get(item.model));
  const callbacksOn = context.callbackUrl !== null;
  const firstLookMs = nextCheckAt(history, { submittedAt: now, callbacksOn }, now) - now;
  await Promise.all([ledger.touch(item.id, firstLookMs), queues.add('status-check', item.id, firstLookMs)]);
  return done;
}

/** The callback route brings the task home, or this job comes back and asks again what to do. */
export async function awaitCallback(
  { delayMs, message }: Extract<Step, { do: 'await-callback' }>,
  item: Item,
  context: WorkerContext,
): Promise<JobFate> {
  const moved = await context.ledger.move('awaitCallback', item.id, { message }, { nextLookMs: delayMs });
  if (!moved.moved) return done;
  if (item.message !== message) {
    itemLog(item, context).info({ words: message }, 'An answer was lost: the callback is waited for');
  }
  return { fate: 'delay', delayMs };
}

export async function resubmitUnsure(
  step: Extract<Step, { do: 'resubmit-unsure' }>,
  item: Item,
  context: WorkerContext,
): Promise<JobFate> {
  const { ledger, queues } = context;
  itemLog(item, context).warn({ words: step.message }, 'A link may be paid twice');
  if (item.state === 'submitting') {
    const changes = {
      ...(step.cost === 'attempt' ? { addAttempts: 1 } : { staysAtGate: true }),
      addPossiblyPaidTwice: 1,
      submittedAt: null,
      message: step.message,
    };
    await ledger.move('submitLater', item.id, changes, { nextLookMs: step.delayMs });
    return { fate: 'delay', delayMs: step.delayMs };
  }
  await ledger.move(
    'resubmit',
    item.id,
    { addPossiblyPaidTwice: 1, message: step.message },
    { nextLookMs: step.delayMs },
  );
  await queues.add('submit', item.id, step.delayMs);
  return done;
}
