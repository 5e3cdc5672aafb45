/**
 * The status-check stage: polls one task's record once. Run by the worker for each job of the queue `status-check`. A
 * task that still runs delays its own job, which costs no attempt and occupies no place in the worker.
 */
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { usualPrice } from '../shared/models/price.ts';
import { statusCheckPolicy } from '../shared/policy.ts';
import type { RecordReply } from '../shared/vendor/replies.ts';
import { announceHalt } from './announce-halt.ts';
import { applyStep } from './apply-step.ts';
import { noteFailure, noteSuccess } from './brake/model-brake.ts';
import type { HasBudget } from './budgeted-batches.ts';
import { pollClaimedTask } from './claimed-task.ts';
import { type EndedTask, nextCheckAt } from './polling/history.ts';
import { observedDurationMs } from './polling/observed-duration.ts';
import type { JobOutcome } from './queue-signals.ts';
import { readRecord } from './read-record.ts';
import { pollSecondaryTask } from './secondary-task.ts';
import type { SeenTime } from './seen-time.ts';
import {
  afterStatusCheck,
  type CheckedTask,
  failureText,
  hasFailedForGood,
  type StatusCheckRules,
} from './status-check-decision.ts';
import type { WorkerContext } from './worker-context.ts';

const done: JobOutcome = { kind: 'done' };

export async function runStatusCheck(
  id: string,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<JobOutcome> {
  if (data.claim !== undefined) return pollClaimedTask(data.claim, data, context, signal);
  if (data.beside !== undefined) return pollSecondaryTask(data.beside, data, context, signal);
  const item = await context.ledger.item(id);
  const taskId = item?.taskIds.at(-1);
  if (item?.state === 'downloading') await context.queues.add('download', id);
  if (item?.state !== 'processing' || taskId === undefined) return done;
  const model = context.models.get(item.model);
  const reply = await readRecord(item, taskId, context, signal);
  if (reply.kind === 'not-now') {
    await context.ledger.touch(id, reply.delayMs);
    return { kind: 'delay', delayMs: reply.delayMs, data };
  }
  const now = context.clock.now();
  const task = {
    item,
    now,
    seen: seenBefore(item, data),
    tries: data.tries ?? 0,
    calledBack: data.calledBack ?? false,
  };
  const ends = reply.kind === 'succeeded' || reply.kind === 'failed';
  const learned = ends && context.histories.learn(model, endedTask(item, reply, data, now, context));
  const [modelFailing, rules] = await Promise.all([
    brake(item, taskId, task, reply, context),
    rulesFor(item, model, reply, now, context),
    learned,
  ]);
  const step = afterStatusCheck(task, reply, { ...rules, modelFailing }, context.random());
  return applyStep(step, item, data, context);
}

/** Reports the task's end to the brake. @returns whether the model fails all tasks */
async function brake(
  item: Item,
  taskId: string,
  task: CheckedTask,
  reply: RecordReply,
  context: WorkerContext,
): Promise<boolean> {
  if (reply.kind === 'succeeded') await noteSuccess(item.model, context);
  if (reply.kind !== 'failed' || !hasFailedForGood(task, reply)) return false;
  const isFinal = !reply.resubmit && reply.graceMs === undefined && !reply.credits;
  const message = failureText(reply);
  const failure = { model: item.model, id: taskId, message, isFinal };
  const isFailing = await noteFailure('task', failure, context);
  if (isFailing) await announceHalt({ reason: 'model-failing', message }, item.model, context);
  return isFailing;
}

/** Little of the time before the first poll counts: it is unknown how long polls were possible. */
function seenBefore({ submittedAt }: Item, { look, runningMs, failedMs, unknownMs }: JobData): SeenTime {
  return {
    ...(look !== undefined ? { look } : submittedAt === null ? {} : { look: { at: submittedAt, nextMs: 0 } }),
    ...(runningMs === undefined ? {} : { runningMs }),
    ...(failedMs === undefined ? {} : { failedMs }),
    ...(unknownMs === undefined ? {} : { unknownMs }),
  };
}

async function rulesFor(
  item: Item,
  model: ModelDefinition,
  reply: RecordReply,
  now: number,
  { histories, submitRules, callbackUrl, hasBudget, queryGate }: WorkerContext,
): Promise<Omit<StatusCheckRules, 'modelFailing'>> {
  const { deadlineMs } = model;
  // What its own record said while it ran, or what was expected.
  const creditsPerTask = item.chargedCredits || (item.estimate?.credits ?? usualPrice(model) ?? 0);
  const task = {
    submittedAt: item.submittedAt ?? now,
    callbacksOn: callbackUrl !== null,
    hasRoom: queryGate.hasRoom(),
  };
  const plannedMs = nextCheckAt(await histories.of(model), task, now) - now;
  const nextPollMs = (await isPriceWanted(item, reply, now, hasBudget))
    ? Math.min(plannedMs, statusCheckPolicy.pricePollMs)
    : plannedMs;
  return {
    deadlineMs,
    creditsPerTask,
    mostTasks: statusCheckPolicy.mostTasks,
    onAmbiguous: submitRules.onAmbiguous,
    backoff: statusCheckPolicy.backoff,
    nextPollMs,
  };
}

/** A batch with a budget continues when it knows what its tasks cost. */
async function isPriceWanted(
  { batch, chargedCredits, submittedAt }: Item,
  reply: RecordReply,
  now: number,
  hasBudget: HasBudget,
): Promise<boolean> {
  const isKnown = reply.kind === 'succeeded' || chargedCredits > 0;
  if (isKnown || now - (submittedAt ?? now) > statusCheckPolicy.priceWantedForMs) return false;
  return hasBudget(batch);
}

function endedTask(
  item: Item,
  reply: Extract<RecordReply, { kind: 'succeeded' | 'failed' }>,
  data: JobData,
  now: number,
  { callbackUrl }: WorkerContext,
): EndedTask {
  const times = reply.kind === 'succeeded' ? reply : ({ createTimeMs: null, completeTimeMs: null } as const);
  const durationMs = observedDurationMs({
    createTimeMs: times.createTimeMs,
    completeTimeMs: times.completeTimeMs,
    submittedAt: item.submittedAt ?? now,
    runningAt: data.runningAt ?? null,
    endedBefore: now,
  });
  if (data.calledBack) return { durationMs, seenBy: 'callback' };
  return { durationMs, seenBy: callbackUrl === null ? 'poll' : 'poll-despite-callback' };
}
