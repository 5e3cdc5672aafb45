/** Finds items by what names them: a whole link, an id or a task id. */
import { identifyLink } from '../../models/identify-link.ts';
import type { ModelRegistry } from '../../models/load-models.ts';
import type { Keyspace } from '../../redis/keyspace.ts';
import type { Item } from '../item.ts';
import type { Ledger } from '../ledger.ts';
import { itemOfTask } from '../task-index.ts';
import { type ItemPage, type ItemPages, isLinkLike } from './item-pages.ts';

export type Sought =
  | { readonly kind: 'item'; readonly item: Item }
  | { readonly kind: 'part'; readonly part: string };

export interface ItemFinderDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly models: ModelRegistry;
  readonly pages: ItemPages;
}

const pageSize = 2000;

export function createItemFinder({ redis, prefix, ledger, models, pages }: ItemFinderDeps) {
  /** The item that a whole link, id or task id names. */
  async function find(text: string): Promise<Item | null> {
    const wanted = text.trim();
    if (wanted === '' || wanted.length > 2000) return null;
    const byId = await ledger.item(wanted);
    if (byId !== null) return byId;
    for (const model of models.list()) {
      const link = identifyLink(model, wanted);
      const item = link.ok ? await ledger.item(link.id) : null;
      if (item !== null) return item;
    }
    const id = await itemOfTask({ redis, prefix }, wanted);
    const item = id === null ? null : await ledger.item(id);
    return item?.taskIds.includes(wanted) ? item : null;
  }

  /** What a text means in a batch: one item, by its link, id or task id; or text to search for in all of them. */
  async function understand(batch: string, text: string): Promise<Sought> {
    const item = await find(text);
    if (item === null || ![item.batch, ...item.otherBatches].includes(batch))
      return { kind: 'part', part: text };
    const isShare = models.list().some(({ id, link }) => id === item.model && link.share !== undefined);
    // Any other link may have several items, with different inputs.
    return isShare || !isLinkLike(text.trim()) ? { kind: 'item', item } : { kind: 'part', part: item.url };
  }

  /**
   * All items of a link: one for each set of inputs. Searches all batches, the newest first.
   * @param budgetMs ends after about this long, with what was found so far
   */
  async function findAll(text: string, budgetMs = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const until = performance.now() + budgetMs;
    const one = await find(text);
    const found = new Map(one === null ? [] : [[one.id, one]]);
    const names = isLinkLike(text.trim()) ? (await ledger.batchNames()).reverse() : [];
    for (const name of names) {
      for (let from: number | null = 0; from !== null && performance.now() < until; ) {
        const request = { from, size: pageSize, budgetMs: until - performance.now() };
        const { items, next }: ItemPage = await pages.page(name, { part: text }, request);
        for (const item of items) if (item.url === text.trim()) found.set(item.id, item);
        from = next;
      }
    }
    return [...found.values()];
  }

  return { find, findAll, understand };
}
