/**
 * Which batches have a budget, as read at most two seconds ago: asked at each poll of a task, because a batch with a
 * budget needs to know soon what its tasks cost. It only decides when to poll; what is spent is decided in the ledger.
 */
import type { Clock } from '../shared/clock.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';

export type HasBudget = (batch: string) => Promise<boolean>;

const keptMs = 2000;

export function createBudgetedBatches(ledger: Pick<Ledger, 'budgetOf'>, clock: Clock): HasBudget {
  const known = new Map<string, { readonly has: Promise<boolean>; readonly at: number }>();

  function forgetOld(): void {
    for (const [batch, { at }] of known) if (clock.now() - at >= keptMs) known.delete(batch);
  }

  return (batch) => {
    forgetOld();
    const last = known.get(batch);
    if (last !== undefined) return last.has;
    const has = ledger.budgetOf(batch).then((budget) => budget !== null);
    known.set(batch, { has, at: clock.now() });
    // A failure is not remembered.
    has.catch(() => known.delete(batch));
    return has;
  };
}
