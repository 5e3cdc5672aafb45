/** One action on several batches, for the pages and the API. Each batch is handled separately. */
import { Refusal } from './auth/guard.ts';
import type { ServerDeps } from './server-deps.ts';

export type SeveralAction = 'pause' | 'resume' | 'cancel' | 'priority';

export interface SeveralOutcome {
  readonly done: string[];
  readonly refused: { batch: string; reason: string }[];
}

export async function actOnSeveral(
  action: SeveralAction,
  names: readonly string[],
  priority: number,
  { operations, ledger }: Pick<ServerDeps, 'operations' | 'ledger'>,
): Promise<SeveralOutcome> {
  const { pause, resume, cancel, setPriority } = operations;
  const acts = { pause, resume, cancel, priority: (name: string) => setPriority(name, priority) } as const;
  const outcome: SeveralOutcome = { done: [], refused: [] };
  for (const name of new Set(names)) {
    const batch = await ledger.batch(name);
    const reason =
      batch === null
        ? 'There is no such batch.'
        : action === 'resume' && batch.dearer !== null
          ? 'Its tasks cost more than announced. Resume it on its own page, at the new price.'
          : null;
    if (reason !== null) {
      outcome.refused.push({ batch: name, reason });
      continue;
    }
    await acts[action](name);
    outcome.done.push(name);
  }
  return outcome;
}

export function describeOutcome({ done, refused }: SeveralOutcome): string {
  const words = refused.map(({ batch, reason }) => `${batch}: ${reason}`);
  return [`${done.length} ${done.length === 1 ? 'batch' : 'batches'}`, ...words].join('. ');
}

/** @throws Refusal unless the caller names the price that the batch is paused for */
export function refusePrice({ costs }: { readonly costs: number }, price: number | undefined): void {
  if (price === costs) return;
  const given = price === undefined ? 'Send this price to accept it.' : `Not ${price}.`;
  throw new Refusal(409, `A task costs ${costs} credits now. ${given} Nothing was changed.`);
}
