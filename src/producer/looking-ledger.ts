/**
 * The ledger as `enqueueLists` sees it when a list is only checked: it says what would become of each link, and changes
 * nothing. Used by the dashboard's check and by `--dry-run`. Links whose records were removed with `remove` count as new.
 */

import type { Ledger } from '../shared/ledger/ledger.ts';
import { isEnded } from '../shared/ledger/states.ts';
import type { EnqueueAnswer, LedgerLink } from '../shared/ledger/take-links.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { priceOf } from '../shared/models/price.ts';

/** `repeated`: given before in the same list. `known`: under way, or ended without a video. */
export type LookedAt = 'new' | 'saved' | 'known' | 'repeated';

const answerOf = {
  new: 'accepted',
  saved: 'already-saved',
  known: 'duplicate',
  repeated: 'duplicate',
} as const satisfies Record<LookedAt, EnqueueAnswer>;

export function lookingLedger(
  ledger: Ledger,
  force: boolean,
  onLink: (link: LedgerLink, what: LookedAt) => void,
): Ledger {
  const seen = new Set<string>();
  return {
    ...ledger,
    async enqueue(_batch, links) {
      const states = await ledger.statesOf(links.map(({ id }) => id));
      const answers = links.map((link, index): EnqueueAnswer => {
        const state = states[index] ?? null;
        const isNew = state === null || (force && isEnded(state));
        const what = seen.has(link.id) ? 'repeated' : isNew ? 'new' : state === 'saved' ? 'saved' : 'known';
        seen.add(link.id);
        onLink(link, what);
        return answerOf[what];
      });
      return { at: 0, answers, savedChange: 0 };
    },
  };
}

/** The sum by the definition's price; null when a task's price cannot be told without looking at its video. */
export function openCost(model: ModelDefinition) {
  let credits: number | null = 0;
  return {
    add({ inputs }: LedgerLink) {
      const price = priceOf(model, { ...model.input.defaults, ...inputs }, null);
      credits = price === null || credits === null ? null : credits + price;
    },
    credits: () => credits,
  };
}
