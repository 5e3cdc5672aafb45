/**
 * The steps that follow from a create call's answer, or from there being none. Called by apply-step.ts alone.
 * Invariant: an id, once received, is held until Redis has recorded it, and what may be paid twice is counted in the
 * same move that lets the call be repeated. Each may be repeated by apply-step.ts.
 */
import { recordFoundTask } from '../shared/ledger/found-task.ts';
import type { Item } from '../shared/ledger/item.ts';
import { jobPolicy, statusCheckPolicy } from '../shared/policy.ts';
import { itemLog } from './item-log.ts';
import { nextCheckAt } from './polling/history.ts';
import type { JobOutcome } from './queue-signals.ts';
import type { Step } from './step.ts';
import type { WorkerContext } from './worker-context.ts';

const done: JobOutcome = { kind: 'done' };

/** The id is recorded before anything else, wherever the item has got to in the meantime. */
export async function recordTask(taskId: string, item: Item, context: WorkerContext): Promise<JobOutcome> {
  const { ledger, queues, held, recent } = context;
  const task = { itemId: item.id, taskId, attempt: item.attempts + 1 };
  recent.made(item, taskId);
  const recorded = await held.keep(
    () => recordFoundTask(ledger, item.id, { taskId, attempt: task.attempt, by: 'answer' }, item),
    task,
  );
  if (recorded === 'beside') {
    itemLog(item, context).warn({ otherTaskId: taskId }, 'A link has two tasks: it may be paid twice');
    await held.keep(() => queues.addBeside(item.id, taskId));
  }
  // Also if it is already recorded: the write may have succeeded although its reply was lost.
  if (recorded === 'taken' || recorded === 'known') await held.keep(() => lookAtFollowed(item, context));
  return done;
}

async function lookAtFollowed(item: Item, context: WorkerContext): Promise<void> {
  const { ledger, queues, clock, hasBudget } = context;
  const now = clock.now();
  const [history, isPriceWanted] = await Promise.all([
    context.histories.of(context.models.get(item.model)),
    hasBudget(item.batch),
  ]);
  const callbacksOn = context.callbackUrl !== null;
  const hasRoom = context.queryGate.hasRoom();
  const plannedMs = nextCheckAt(history, { submittedAt: now, callbacksOn, hasRoom }, now) - now;
  const firstPollMs = isPriceWanted ? Math.min(plannedMs, statusCheckPolicy.firstPricePollMs) : plannedMs;
  // The move that recorded the task has given its job the time of grace: enough for a poll that comes soon.
  if (firstPollMs > jobPolicy.graceMs / 2) await ledger.touch(item.id, firstPollMs);
  await queues.add('status-check', item.id, firstPollMs);
}

/** Waits until the callback has named the task, or this job runs again and decides. */
export async function awaitCallback(
  { delayMs, message }: Extract<Step, { kind: 'await-callback' }>,
  item: Item,
  context: WorkerContext,
): Promise<JobOutcome> {
  const moved = await context.ledger.move('awaitCallback', item.id, { message }, { nextJobMs: delayMs });
  if (!moved.moved) return done;
  if (item.message !== message) {
    itemLog(item, context).info({ message: message }, 'An answer was lost; waiting for the callback');
  }
  return { kind: 'delay', delayMs };
}

export async function resubmitUnsure(
  step: Extract<Step, { kind: 'resubmit-unsure' }>,
  item: Item,
  context: WorkerContext,
): Promise<JobOutcome> {
  const { ledger, queues } = context;
  itemLog(item, context).warn({ message: step.message }, 'A link may be paid twice');
  if (item.state === 'submitting') {
    const changes = {
      ...(step.cost === 'attempt' ? { addAttempts: 1 } : { staysAtGate: true }),
      addPossiblyPaidTwice: 1,
      submittedAt: null,
      message: step.message,
    };
    const expect = { attempts: item.attempts };
    await ledger.move('submitLater', item.id, changes, { nextJobMs: step.delayMs, expect });
    return { kind: 'delay', delayMs: step.delayMs };
  }
  const taskId = item.taskIds.at(-1);
  await ledger.move(
    'resubmit',
    item.id,
    { addPossiblyPaidTwice: 1, message: step.message },
    { nextJobMs: step.delayMs, expect: taskId === undefined ? {} : { taskId } },
  );
  await queues.add('submit', item.id, step.delayMs);
  return done;
}
