/**
 * The download stage: the results of one paid task, into the storage, with their sidecars. Run by the worker
 * for each job of the queue `download`. Safe to run twice: a result that is stored already is written again
 * to the same place or found there, and the item is saved once.
 */
import type { JobData } from '../shared/jobs/catalogue.ts';
import { applyStep } from './apply-step.ts';
import { collectResults } from './collect-results.ts';
import type { JobFate } from './queue-signals.ts';
import type { WorkerContext } from './worker-context.ts';

export async function runDownload(
  id: string,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<JobFate> {
  const item = await context.ledger.item(id);
  if (item?.state !== 'downloading') return { fate: 'done' };
  const { step, ways } = await collectResults(item, data, context, signal);
  const kept = ways === undefined ? data : { ...data, ways };
  if ('outcome' in step) {
    await context.ledger.touch(id, step.delayMs);
    return { fate: 'delay', delayMs: step.delayMs, data: kept };
  }
  return applyStep(step, item, kept, context);
}
