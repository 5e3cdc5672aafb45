/**
 * A search through many items that continues while its page is open: each call searches for a limited time, so that a
 * page responds at once and fills gradually, whatever the size of the batch. Results are kept for a while, and then
 * searched again.
 */
import type { ItemPage } from '../../shared/ledger/search/item-pages.ts';

export interface GrowingSearchOptions {
  /** Continues the search from a place for at most this many, for a limited time. */
  readonly look: (from: number, most: number) => Promise<ItemPage>;
  readonly from: number;
  readonly size: number;
  readonly keptMs: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** @returns a function that gives what has been found so far; `next` is null or the place after a full page when it is through */
export function createGrowingSearch(options: GrowingSearchOptions): () => Promise<ItemPage> {
  const { look, from, size, keptMs, now = () => performance.now() } = options;
  const nothing: ItemPage = { items: [], next: from, examined: 0 };
  let found = nothing;
  let endedAt: number | null = null;
  let looking: Promise<ItemPage> | null = null;

  async function goOn(): Promise<ItemPage> {
    if (endedAt !== null && now() - endedAt < keptMs) return found;
    const before = endedAt === null ? found : nothing;
    const more = await look(before.next ?? from, size - before.items.length);
    const items = [...before.items, ...more.items];
    found = { items, next: more.next, examined: before.examined + more.examined };
    endedAt = isThrough(found, size) ? now() : null;
    return found;
  }

  return () => {
    looking ??= goOn().finally(() => {
      looking = null;
    });
    return looking;
  };
}

export function isThrough({ items, next }: ItemPage, size: number): boolean {
  return next === null || items.length >= size;
}
