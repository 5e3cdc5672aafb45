/**
 * Polls a secondary task of a link for its cost: the task of a lost answer whose id arrived too late. Run by the worker
 * for status-check jobs with such a task. Does not change the item's state.
 */
import type { JobData } from '../shared/jobs/catalogue.ts';
import { usualPrice } from '../shared/models/price.ts';
import { applyStep } from './apply-step.ts';
import type { JobOutcome } from './queue-signals.ts';
import { readRecord } from './read-record.ts';
import { afterSecondaryPoll } from './secondary-task-decision.ts';
import type { WorkerContext } from './worker-context.ts';

export async function pollSecondaryTask(
  { itemId, taskId }: NonNullable<JobData['beside']>,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const item = await context.ledger.item(itemId);
  if (item === null) return { kind: 'done' };
  const reply = await readRecord(item, taskId, context, signal);
  if (reply.kind === 'not-now') return { kind: 'delay', delayMs: reply.delayMs, data };
  const creditsPerTask = usualPrice(context.models.get(item.model)) ?? 0;
  const look = { taskId, tries: data.tries ?? 0 };
  return applyStep(afterSecondaryPoll(look, reply, creditsPerTask, context.random()), item, data, context);
}
