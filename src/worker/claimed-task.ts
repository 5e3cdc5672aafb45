/**
 * Reads the record of a task that only a callback has named for an item, and judges whether it is the item's. Run by
 * the worker for status-check jobs that carry a claim. Until the record has been read nothing of the item changes.
 */
import { createCallbackTokens } from '../shared/callbacks/callback-tokens.ts';
import type { JobData } from '../shared/jobs/catalogue.ts';
import { applyStep } from './apply-step.ts';
import { afterClaimPoll } from './claimed-task-decision.ts';
import type { JobOutcome } from './queue-signals.ts';
import { readRecord } from './read-record.ts';
import type { WorkerContext } from './worker-context.ts';

export async function pollClaimedTask(
  { itemId, taskId, attempt }: NonNullable<JobData['claim']>,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const item = await context.ledger.item(itemId);
  if (item === null) return { kind: 'done' };
  // The answer to the create call has arrived in the meantime.
  if (item.taskIds.includes(taskId))
    return applyStep({ kind: 'adopt-task', taskId, attempt }, item, data, context);
  const reply = await readRecord(item, taskId, context, signal);
  if (reply.kind === 'not-now') return { kind: 'delay', delayMs: reply.delayMs, data };
  const callbackUrl = ('origin' in reply ? reply.origin?.callbackUrl : null) ?? null;
  const claim = {
    item,
    model: context.models.get(item.model),
    taskId,
    attempt,
    madeFor: callbackUrl === null ? null : await createCallbackTokens(context).read(tokenIn(callbackUrl)),
    tries: data.tries ?? 0,
  };
  return applyStep(afterClaimPoll(claim, reply, context.random()), item, data, context);
}

function tokenIn(callbackUrl: string): string {
  return URL.parse(callbackUrl)?.pathname.split('/').at(-1) ?? '';
}
