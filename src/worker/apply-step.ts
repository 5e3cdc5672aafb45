/**
 * Carries out the step of a decision: moves the item in the ledger, adds its next job, and says what happens to the
 * current one. Only this file and apply-submit-steps.ts turn steps into effects and log outcomes. The ledger is moved
 * first and the job added afterwards: after a crash between the two, the sweep finds the item. A step that Redis
 * refuses is kept and repeated until Redis accepts it, because the vendor's answer or a stored file cannot be obtained
 * a second time.
 */
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { ItemChanges } from '../shared/ledger/changes.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Expectation, Moved } from '../shared/ledger/move-item.ts';
import { isLocalAddress } from '../shared/local-video/local-address.ts';
import { announceHalt } from './announce-halt.ts';
import { adoptTask, refuseTask } from './apply-claim-steps.ts';
import { awaitCallback, recordTask, resubmitUnsure } from './apply-submit-steps.ts';
import { itemLog } from './item-log.ts';
import type { JobOutcome } from './queue-signals.ts';
import { followSpareTask } from './spare-task.ts';
import type { Step } from './step.ts';
import { recordOf } from './step-record.ts';
import { learnTaskPrice } from './task-price.ts';
import type { WorkerContext } from './worker-context.ts';

const done: JobOutcome = { kind: 'done' };
/** The vendor has made no task of the call. */
const notSubmitted: ItemChanges = { submittedAt: null, releaseCredits: true };

/** @param item as it was when the decision was made; @param data of the current job */
export async function applyStep(
  step: Step,
  item: Item,
  data: JobData,
  context: WorkerContext,
): Promise<JobOutcome> {
  const taken = keepSavedOnFailure(followSpareTask(step, item), item);
  const [outcome] = await Promise.all([
    context.held.keep(() => carryOut(taken, item, data, context)),
    noteEvent(taken, item, context),
  ]);
  return outcome;
}

/** A link that was saved before must not become `failed`: a failed item may be forgotten, and then paid again. */
function keepSavedOnFailure(step: Step, item: Item): Step {
  if (step.kind !== 'fail' || item.savedAt === null) return step;
  return { kind: 'stay-saved', message: `its file could not be fetched again: ${step.message}` };
}

/** A failure to record the event holds nothing up. */
async function noteEvent(
  step: Step,
  item: Item,
  { itemHistory, clock, logger }: WorkerContext,
): Promise<void> {
  const record = recordOf(step, item, clock.now());
  if (record === null) return;
  await itemHistory
    .note(item.id, clock.now(), record)
    .catch((error: unknown) => logger.debug({ err: error }, 'Could not record an event'));
}

async function carryOut(step: Step, item: Item, data: JobData, context: WorkerContext): Promise<JobOutcome> {
  const { ledger, queues, clock } = context;
  const { id } = item;
  switch (step.kind) {
    case 'record-task':
      return recordTask(step.taskId, item, context);
    case 'submit-later': {
      const cost = step.cost === 'attempt' ? { addAttempts: 1 } : { staysAtGate: true };
      const changes = { ...cost, ...notSubmitted, ...saying(step.message) };
      await ledger.move('submitLater', id, changes, { nextJobMs: step.delayMs, expect: sameCall(item) });
      return { kind: 'delay', delayMs: step.delayMs };
    }
    case 'await-callback':
      return awaitCallback(step, item, context);
    case 'resubmit-unsure':
      return resubmitUnsure(step, item, context);
    case 'resubmit': {
      const moved = await ledger.move(
        'resubmit',
        id,
        { message: step.message, ...settled(step.credits), ...(step.excused ? { addExcusedTasks: 1 } : {}) },
        { nextJobMs: step.delayMs, expect: sameTask(item) },
      );
      logHigherPrice(moved, item, step.credits ?? 0, context);
      await queues.add('submit', id, step.delayMs);
      return done;
    }
    case 'halt':
      return halt(step, item, data, context);
    case 'hold':
      await ledger.move(
        'hold',
        id,
        { addAttempts: item.state === 'submitting' ? 1 : 0, message: step.message },
        { expect: asDecided(item) },
      );
      return done;
    case 'fail': {
      const moved = await ledger.move(
        'fail',
        id,
        {
          reason: step.reason,
          message: step.message,
          ...(step.unpaid ? settled(step.credits) : {}),
        },
        { expect: asDecided(item) },
      );
      logHigherPrice(moved, item, step.credits ?? 0, context);
      itemLog(item, context).info({ reason: step.reason, message: step.message }, 'A link failed');
      return done;
    }
    case 'stay-saved':
      await ledger.move('staySaved', id, { message: step.message });
      itemLog(item, context).warn({ message: step.message }, 'Could not fetch a deleted video again');
      return done;
    case 'poll-again': {
      await Promise.all([
        ledger.touch(id, step.delayMs),
        step.credits !== undefined && chargeRunning(item, step.credits, context),
      ]);
      return { kind: 'delay', delayMs: step.delayMs, data: keptFor(step, data, clock.now()) };
    }
    case 'follow-other':
      return followOther(step, item, context);
    case 'count-credits':
      await ledger.note(id, {
        addCreditsSpentBeside: { taskId: step.taskId, credits: step.credits },
        ...(step.failed ? { uselessTaskId: step.taskId } : {}),
      });
      return done;
    case 'poll-secondary-again':
      return { kind: 'delay', delayMs: step.delayMs, data: { ...data, tries: step.tries } };
    case 'adopt-task':
      return adoptTask(step, item, context);
    case 'refuse-task':
      return refuseTask(step, item, context);
    case 'download': {
      const begun = await ledger.move(
        'beginDownload',
        id,
        { addCreditsSpent: step.credits, stamp: ['completedAt'], message: null },
        { expect: sameTask(item) },
      );
      await Promise.all([
        queues.add('download', id, 0, { urls: [...step.urls] }),
        afterCharge(begun, item, step.credits, context),
      ]);
      return done;
    }
    case 'save':
      return save(step, item, context);
    case 'download-again': {
      await ledger.touch(id, step.delayMs);
      itemLog(item, context).debug(
        { message: step.message, tries: step.tries },
        'A download will be retried',
      );
      const { ways, urls } = data;
      const fresh = ways === undefined ? urls && { urls } : { ways };
      const unreached = step.unreached === undefined ? {} : { unreached: step.unreached };
      const kept = step.refresh ? {} : fresh;
      return { kind: 'delay', delayMs: step.delayMs, data: { tries: step.tries, ...kept, ...unreached } };
    }
    case 'nothing':
      return done;
    default:
      return step satisfies never;
  }
}

async function followOther(
  step: Extract<Step, { kind: 'follow-other' }>,
  item: Item,
  context: WorkerContext,
): Promise<JobOutcome> {
  const { taskId, message, unpaid, credits } = step;
  const moved = await context.ledger.move(
    'followOther',
    item.id,
    { message, followedTaskId: taskId, ...(unpaid ? settled(credits) : {}) },
    { expect: asDecided(item) },
  );
  logHigherPrice(moved, item, credits ?? 0, context);
  itemLog(item, context).info(
    { otherTaskId: taskId, message },
    'A task gave no result: another one is polled',
  );
  return { kind: 'delay', delayMs: 0, data: {} };
}

/** The item has had no other call and no other task since the decision. */
function asDecided(item: Item): Expectation {
  return { state: item.state, ...sameCall(item), ...sameTask(item) };
}

/** A repeated step must not meet the item's next call or task. */
function sameCall({ attempts }: Item): Expectation {
  return { attempts };
}

function sameTask({ taskIds }: Item): Expectation {
  const taskId = taskIds.at(-1);
  return taskId === undefined ? {} : { taskId };
}

/** The record of a running task says what it costs: counted at once, not when it ends. */
async function chargeRunning(item: Item, credits: number, context: WorkerContext): Promise<void> {
  const taskId = item.taskIds.at(-1);
  if (credits === item.chargedCredits || taskId === undefined) return;
  const expect = { state: 'processing', taskId } as const;
  await afterCharge(
    await context.ledger.note(item.id, { chargeCredits: credits }, expect),
    item,
    credits,
    context,
  );
}

async function afterCharge(
  charged: Moved,
  item: Item,
  credits: number,
  context: WorkerContext,
): Promise<void> {
  if (!charged.moved) return;
  if (credits > 0 && credits !== item.chargedCredits) await learnTaskPrice(item, credits, context);
  logHigherPrice(charged, item, credits, context);
}

/** Whichever step showed the price first, also that of a failed task which was billed. */
function logHigherPrice(moved: Moved, item: Item, credits: number, context: WorkerContext): void {
  if (!moved.moved || !moved.isDearer) return;
  const facts = { batch: item.batch, credits, announced: item.estimate?.credits ?? null };
  itemLog(item, context).error(facts, 'A batch was paused: its tasks cost more than announced');
}

/** Releases the task's reserved credits, or counts them if it was charged although it failed. */
function settled(credits = 0): ItemChanges {
  return credits > 0 ? { addCreditsSpent: credits, addBilledFailures: 1 } : { releaseCredits: true };
}

function keptFor(step: Extract<Step, { kind: 'poll-again' }>, data: JobData, now: number): JobData {
  const { seen, tries, calledBack, isRunning } = step;
  const runningAt = isRunning ? now : data.runningAt;
  return {
    ...seen,
    ...(runningAt === undefined ? {} : { runningAt }),
    ...(tries === undefined ? {} : { tries }),
    ...(calledBack === undefined ? {} : { calledBack }),
  };
}

async function halt(
  step: Extract<Step, { kind: 'halt' }>,
  item: Item,
  data: JobData,
  context: WorkerContext,
): Promise<JobOutcome> {
  const { ledger } = context;
  const { delayMs } = step;
  await announceHalt(step, item.model, context);
  const changes = { staysAtGate: true, ...notSubmitted };
  if (item.state === 'submitting')
    await ledger.move('submitLater', item.id, changes, { nextJobMs: delayMs, expect: sameCall(item) });
  else await ledger.touch(item.id, delayMs);
  const unreached = step.unreached === undefined ? {} : { unreached: step.unreached };
  return { kind: 'delay', delayMs, data: { ...data, ...unreached } };
}

async function save(
  step: Extract<Step, { kind: 'save' }>,
  item: Item,
  context: WorkerContext,
): Promise<JobOutcome> {
  const { ledger } = context;
  const [first] = step.results;
  const bytes = step.results.reduce((sum, result) => sum + result.bytes, 0);
  const file = await ledger.storedFile(item.batch, item.id, first.file);
  await ledger.move('save', item.id, {
    upload: null,
    // A file that is fetched again is counted already.
    addBytes: bytes - (item.bytes ?? 0),
    sha256: first.sha256,
    file,
    stamp: ['savedAt'],
    message: null,
  });
  if (isLocalAddress(item.url)) await forgetRelayed(item, context);
  itemLog(item, context).info({ file: first.file, bytes }, 'Video saved');
  return done;
}

/** A file left behind costs storage space and nothing else. */
async function forgetRelayed(item: Item, context: WorkerContext): Promise<void> {
  await context.relay?.remove(item.id).catch((error: unknown) => {
    itemLog(item, context).warn(
      { err: error },
      'Could not remove a video that was relayed through the storage',
    );
  });
}

function saying(message: string | undefined): { message?: string } {
  return message === undefined ? {} : { message };
}
