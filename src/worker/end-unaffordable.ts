/**
 * Ends the links for which `--max-credits` leaves no credits, once this is certain: spent and reserved credits fill the
 * budget, and no open task of the batch could fail and return credits. Called by the feeder page by page, so that a
 * hundred thousand links do not block Redis.
 */
import { applyStep } from './apply-step.ts';
import { afterBudget } from './submit-decision.ts';
import type { WorkerContext } from './worker-context.ts';

const pageSize = 200;

/** Ends one page; the feeder calls again for the next. @returns how many links were ended */
export async function endUnaffordable(batch: string, context: WorkerContext): Promise<number> {
  const { ledger } = context;
  const ids = await ledger.takeUnaffordable(batch, pageSize);
  if (ids.length === 0) return 0;
  const budget = (await ledger.batch(batch))?.budget ?? 0;
  const step = afterBudget(batch, budget);
  const ended = ids.map(async (id) => {
    const item = await ledger.item(id);
    if (item?.state === 'queued') await applyStep(step, item, {}, context);
  });
  await Promise.all(ended);
  return ids.length;
}
