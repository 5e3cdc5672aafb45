/**
 * The ledger as `enqueueLists` sees it when a list is only checked: it says what would become of each link, and changes
 * nothing. Used by the dashboard's check and by `--dry-run`.
 */
import type { Ledger } from '../shared/ledger/ledger.ts';
import { isEnded } from '../shared/ledger/states.ts';
import type { EnqueueAnswer, LedgerLink } from '../shared/ledger/take-links.ts';
import { type LinksToPrice, type LinkToPrice, mostRead } from './foresee-cost.ts';

/** `repeated`: earlier in the same list. `known`: unfinished, or ended without a video. */
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
      const ids = links.map(({ id }) => id);
      const [states, remembered] = await Promise.all([ledger.statesOf(ids), ledger.rememberedOf(ids)]);
      const answers = links.map((link, index): EnqueueAnswer => {
        const state = states[index] ?? (remembered[index] ? 'saved' : null);
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

export function openSample(): { add(link: LinkToPrice): void; links(): LinksToPrice } {
  const sample: LinkToPrice[] = [];
  let count = 0;
  return {
    add(link) {
      count += 1;
      if (sample.length < mostRead) sample.push(link);
    },
    links: () => ({ sample, count }),
  };
}
