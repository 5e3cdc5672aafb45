/**
 * The status-check stage: one look at one task's record. Run by the worker for each job of the queue
 * `status-check`; a task that is still running delays its own job, which costs no attempt and holds no
 * place in the worker.
 */
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { Item } from '../shared/ledger/item.ts';
import { applyStep } from './apply-step.ts';
import type { Backoff } from './backoff.ts';
import { nextLookMs } from './look-schedule.ts';
import type { JobFate } from './queue-signals.ts';
import { afterStatusCheck, type StatusCheckRules } from './status-check-decision.ts';
import type { WorkerContext } from './worker-context.ts';

const done: JobFate = { fate: 'done' };
const backoff: Backoff = { firstMs: 1000, mostMs: 30_000 };
/** Tasks a link may use up before its failure counts as final. */
const mostTasks = 3;
const longestWaitMs = 5000;

export async function runStatusCheck(
  id: string,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<JobFate> {
  const item = await context.ledger.item(id);
  const taskId = item?.taskIds.at(-1);
  if (item?.state === 'downloading') await context.queues.add('download', id);
  if (item?.state !== 'processing' || taskId === undefined) return done;
  const admission = await context.queryGate.admit(`${id}.${context.random()}`, item.model);
  if (!admission.go) {
    await context.ledger.touch(id, longestWaitMs, context.clock.now());
    return { fate: 'delay', delayMs: Math.min(admission.waitMs, longestWaitMs), data };
  }
  const model = context.models.get(item.model);
  const reply = await context.vendor.getRecord(model, taskId, signal);
  await context.queryGate.settle(admission.slot, {
    kind: reply.outcome === 'throttled' ? 'refused' : 'counted',
  });
  const now = context.clock.now();
  const task = { item, now, failedSince: data.failedSince, tries: data.tries ?? 0 };
  const step = afterStatusCheck(task, reply, rulesFor(item, now, context), context.random());
  return applyStep(step, item, data, context);
}

function rulesFor(item: Item, now: number, { models, submitRules }: WorkerContext): StatusCheckRules {
  const { deadlineMs, creditsPerTask } = models.get(item.model);
  const lookMs = nextLookMs(now - (item.submittedAt ?? now));
  return {
    deadlineMs,
    creditsPerTask,
    mostTasks,
    onAmbiguous: submitRules.onAmbiguous,
    backoff,
    nextLookMs: lookMs,
  };
}
