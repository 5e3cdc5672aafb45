/**
 * Ends the links that a batch's `--max-credits` leave no credits for, once that is certain: everything that was
 * spent or reserved fills the budget, and no task of the batch is under way that could fail and give credits
 * back. Called by the feeder, page by page, so that a hundred thousand links neither hang nor block Redis.
 */
import { applyStep } from './apply-step.ts';
import { afterBudget } from './submit-decision.ts';
import type { WorkerContext } from './worker-context.ts';

const pageSize = 200;

/** One page; the feeder comes back for the next. @returns how many links were ended */
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
