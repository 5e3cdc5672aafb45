/**
 * The download stage: the results of one paid task, into the storage, with their sidecars. Run by the worker
 * for each job of the queue `download`. Safe to run twice: a result that is stored already is written again
 * to the same place or found there, and the item is saved once.
 */
import { type Halt, listHalts } from '../shared/gate-state/halts.ts';
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { Item } from '../shared/ledger/item.ts';
import { downloadPolicy } from '../shared/policy.ts';
import { applyStep } from './apply-step.ts';
import { collectResults } from './collect-results.ts';
import type { JobOutcome } from './queue-signals.ts';
import type { OnProgress } from './report-progress.ts';
import { claimFetch } from './result-reach.ts';
import type { WorkerContext } from './worker-context.ts';

export async function runDownload(
  id: string,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<JobOutcome> {
  const [item, halts] = await Promise.all([context.ledger.item(id), listHalts(context)]);
  if (item?.state === 'saved' && data.tries !== undefined) await clearParts(item, data, context);
  if (item?.state !== 'downloading') return { kind: 'done' };
  if (!(await mayFetch(halts, context))) {
    const delayMs = downloadPolicy.waitMs * (1 + context.random());
    await context.ledger.touch(id, delayMs);
    return { kind: 'delay', delayMs, data };
  }
  const { step, ways } = await collectResults(item, data, halts, context, signal, onProgress);
  const kept = ways === undefined ? data : { ...data, ways };
  if (step.kind === 'not-now') {
    await context.ledger.touch(id, step.delayMs);
    return { kind: 'delay', delayMs: step.delayMs, data: kept };
  }
  return applyStep(step, item, kept, context);
}

/** Another worker saved the link while this job was between two tries: what it received is of no use any more. */
async function clearParts(item: Item, { ways, urls }: JobData, { fetcher }: WorkerContext): Promise<void> {
  const count = ways?.length ?? urls?.length ?? 1;
  for (let index = 0; index < count; index += 1) await fetcher.clearParts(fetcher.keyOf(item, index));
}

/** While a halt says that nothing can be fetched or stored, downloads wait; of results one at a time tries. */
async function mayFetch(halts: readonly Halt[], context: WorkerContext): Promise<boolean> {
  if (halts.some(({ reason }) => reason === 'storage-unavailable')) return false;
  if (!halts.some(({ reason }) => reason === 'results-unavailable')) return true;
  return claimFetch(context);
}
