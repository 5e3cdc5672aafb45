/** The expected cost of the waiting links, each batch by the price of its model and within its budget. Pure. */
import type { Overview } from './overview.ts';

export interface CreditsNeeded {
  readonly credits: number;
  /** Waiting links that this is for. */
  readonly links: number;
  readonly unpriced: number;
}

export function creditsNeeded({ waiting, prices }: Pick<Overview, 'waiting' | 'prices'>): CreditsNeeded {
  let [credits, links, unpriced] = [0, 0, 0];
  for (const { model, counts, budget, creditsSpent } of waiting) {
    const price = prices[model] ?? null;
    if (price === null) {
      unpriced += counts.queued;
      continue;
    }
    const rest = budget === null ? Number.POSITIVE_INFINITY : Math.max(0, budget - creditsSpent);
    credits += Math.min(rest, counts.queued * price);
    links += counts.queued;
  }
  return { credits: Math.round(credits * 100) / 100, links, unpriced };
}
