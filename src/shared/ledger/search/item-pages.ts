/**
 * The items of a batch that pass a filter, page by page. At a million items a page costs milliseconds: failed and held
 * items are listed by batch, and a request that finds little stops when its time is up and says where to continue.
 */
import { z } from 'zod';
import type { Keyspace } from '../../redis/keyspace.ts';
import type { Item } from '../item.ts';
import { ledgerKeys } from '../keys.ts';
import type { Ledger } from '../ledger.ts';
import { ledgerScript } from '../ledger-script.ts';
import type { FailureReason, ItemState } from '../states.ts';

export interface ItemFilter {
  readonly state?: ItemState | undefined;
  readonly reason?: FailureReason | undefined;
  /** An answer was lost and the call repeated: it may be paid twice. */
  readonly paidTwice?: boolean | undefined;
  /** Part of an id, or the beginning of a link and more; whole links, ids and task ids are for `find`. */
  readonly part?: string | undefined;
}

export interface ItemPage {
  readonly items: readonly Item[];
  /** Where the next page begins; null at the end. A page may be short or empty and still have a next one. */
  readonly next: number | null;
  /** How many items were checked. */
  readonly examined: number;
}

export interface PageRequest {
  readonly from: number;
  readonly size: number;
  /** A search that finds little ends after about this long. */
  readonly budgetMs: number;
}

export type ItemPages = ReturnType<typeof createItemPages>;

const scanned = z.tuple([z.number(), z.number()], z.string());
const scanSize = 2000;
/** Comparing ids is much cheaper than reading items. */
const partScanSize = 10_000;

export function createItemPages({ redis, prefix, ledger }: Keyspace & { readonly ledger: Ledger }) {
  const keys = ledgerKeys(prefix);
  const scan = ledgerScript(redis, 'scan');

  /** The next items of a batch that pass the filter, in the order they were given; failed and held ones latest first. */
  async function page(batch: string, filter: ItemFilter, request: PageRequest): Promise<ItemPage> {
    const state = filter.state ?? (filter.reason === undefined ? undefined : 'failed');
    if (filter.part || filter.paidTwice) return pageByScan(batch, { ...filter, state }, request);
    if (state === 'failed' || state === 'held') return pageOfListed(batch, state, filter, request);
    if (state === undefined) return pageOfAll(batch, request);
    return pageByScan(batch, { ...filter, state }, request);
  }

  async function pageOfAll(batch: string, { from, size }: PageRequest): Promise<ItemPage> {
    const ids = await redis.lrange(keys.items(batch), from, from + size);
    const shown = ids.slice(0, size);
    return {
      items: await itemsOf(shown),
      next: ids.length > size ? from + size : null,
      examined: shown.length,
    };
  }

  async function pageByScan(batch: string, filter: ItemFilter, request: PageRequest): Promise<ItemPage> {
    const ids: string[] = [];
    const text = filter.part?.trim() ?? '';
    const link = isLinkLike(text) ? text : '';
    const part = link === '' ? text.toLowerCase() : '';
    const size = part === '' ? scanSize : partScanSize;
    return walk(request, async (from) => {
      const reply = await scan(
        [keys.items(batch)],
        [
          prefix,
          from,
          size,
          request.size - ids.length,
          filter.state ?? '',
          filter.reason ?? '',
          part,
          filter.paidTwice ? '1' : '',
          link,
        ],
      );
      const [next, examined, ...found] = scanned.parse(reply);
      ids.push(...found);
      return { next: next < 0 ? null : next, examined, ids };
    });
  }

  /** Lists may name items that have moved on; the item itself has the last word. */
  async function pageOfListed(
    batch: string,
    state: 'failed' | 'held',
    { reason }: ItemFilter,
    request: PageRequest,
  ): Promise<ItemPage> {
    const found: Item[] = [];
    const until = performance.now() + request.budgetMs;
    let [from, examined] = [request.from, 0];
    for (;;) {
      const ids = await redis.zrange(
        keys.listed(batch, state),
        String(from),
        String(from + request.size - 1),
        'REV',
      );
      for (const item of await itemsOf(ids)) {
        from += 1;
        examined += 1;
        if (item.state !== state || (reason !== undefined && item.reason !== reason)) continue;
        found.push(item);
        if (found.length === request.size) return { items: found, next: from, examined };
      }
      if (ids.length < request.size) return { items: found, next: null, examined };
      if (performance.now() > until) return { items: found, next: from, examined };
    }
  }

  async function walk(
    { from, size, budgetMs }: PageRequest,
    step: (from: number) => Promise<{ next: number | null; examined: number; ids: readonly string[] }>,
  ): Promise<ItemPage> {
    const until = performance.now() + budgetMs;
    let examined = 0;
    for (let at = from; ; ) {
      const found = await step(at);
      examined += found.examined;
      if (found.next === null || found.ids.length >= size || performance.now() > until)
        return { items: await itemsOf(found.ids), next: found.next, examined };
      at = found.next;
    }
  }

  async function itemsOf(ids: readonly string[]): Promise<Item[]> {
    const found = await Promise.all(ids.map((id) => ledger.item(id)));
    return found.filter((item) => item !== null);
  }

  return { page };
}

/** Whether a text is a whole address rather than a part of an id. */
export function isLinkLike(text: string): boolean {
  return /^(https?|file):\/\//i.test(text);
}
