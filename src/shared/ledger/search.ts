/**
 * Finding items: by link, id or task id at once, by state and reason page by page. Used by the server; at a
 * million items a page costs milliseconds, because failed and held items are listed by batch, and because a
 * call that finds little stops when its time is up and says where to continue.
 */
import { z } from 'zod';
import { identifyLink } from '../models/identify-link.ts';
import type { ModelRegistry } from '../models/load-models.ts';
import type { RedisConnection } from '../redis/script.ts';
import type { Item } from './item.ts';
import { ledgerKeys } from './keys.ts';
import type { Ledger } from './ledger.ts';
import { ledgerScript } from './ledger-script.ts';
import { type FailureReason, failureReasons, type ItemState } from './states.ts';
import { itemOfTask } from './task-index.ts';

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
  /** How many items were looked at. */
  readonly examined: number;
}

export type Sought =
  | { readonly kind: 'item'; readonly item: Item }
  | { readonly kind: 'part'; readonly part: string };

export interface PageRequest {
  readonly from: number;
  readonly size: number;
  /** A search that finds little ends after about this long. */
  readonly budgetMs: number;
}

export interface FailureGroup {
  readonly reason: FailureReason | null;
  readonly message: string;
  readonly count: number;
}

export interface FailureGroups {
  readonly groups: readonly FailureGroup[];
  /** The latest failures that were looked at; there may be more. */
  readonly examined: number;
}

/** Unix milliseconds; null where nothing waits. */
export interface OldestWaiting {
  readonly queuedAt: number | null;
  readonly submittedAt: number | null;
  readonly completedAt: number | null;
  /** Redis's present time. */
  readonly now: number;
}

export interface OverlongLimits {
  readonly task: number;
  readonly download: number;
}

export interface OverlongItem {
  readonly state: 'processing' | 'downloading';
  readonly id: string;
  /** Unix milliseconds: when its task was made, or its result known. */
  readonly since: number;
}

export interface Overlong {
  readonly tasks: number;
  readonly downloads: number;
  /** The first of them. */
  readonly items: readonly OverlongItem[];
}

export type ItemSearch = ReturnType<typeof createItemSearch>;

const scanned = z.tuple([z.number(), z.number()], z.string());
const instant = z.string().transform((text) => (text === '' ? null : Number(text)));
const scanSize = 2000;
/** Comparing ids is much cheaper than reading items. */
const partScanSize = 10_000;
const examinedFailures = 2000;
const examinedWaiting = 1000;
const examinedActive = 5000;
const overlongShown = 25;

export function createItemSearch(deps: {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly ledger: Ledger;
  readonly models: ModelRegistry;
}) {
  const { redis, prefix, ledger, models } = deps;
  const keys = ledgerKeys(prefix);
  const script = (name: string) => ledgerScript(redis, name);
  const [scan, failureGroups, waiting] = [script('scan'), script('failure-groups'), script('waiting')];
  const overlongScript = script('overlong');

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

  /** What a text means in a batch: one item, by its link, id or task id; or something to look for among all of them. */
  async function understand(batch: string, text: string): Promise<Sought> {
    const item = await find(text);
    if (item === null || ![item.batch, ...item.otherBatches].includes(batch))
      return { kind: 'part', part: text };
    const isShare = models.list().some(({ id, link }) => id === item.model && link.share !== undefined);
    // Any other link may have several items, with different inputs.
    return isShare || !isLinkLike(text.trim()) ? { kind: 'item', item } : { kind: 'part', part: item.url };
  }

  /**
   * All items of a link: one for each set of inputs it was given with. Looks through all batches, the newest first.
   * @param budgetMs ends after about this long, with what was found by then
   */
  async function findAll(text: string, budgetMs = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const until = performance.now() + budgetMs;
    const one = await find(text);
    const found = new Map(one === null ? [] : [[one.id, one]]);
    const names = isLinkLike(text.trim()) ? (await ledger.batchNames()).reverse() : [];
    for (const name of names) {
      for (let from: number | null = 0; from !== null && performance.now() < until; ) {
        const request = { from, size: scanSize, budgetMs: until - performance.now() };
        const { items, next }: ItemPage = await page(name, { part: text }, request);
        for (const item of items) if (item.url === text.trim()) found.set(item.id, item);
        from = next;
      }
    }
    return [...found.values()];
  }

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

  async function failures(batch: string): Promise<FailureGroups> {
    const reply = z
      .tuple([z.number()], z.union([z.string(), z.number()]))
      .parse(await failureGroups([keys.listed(batch, 'failed')], [prefix, examinedFailures]));
    const [examined, ...cells] = reply;
    return { examined, groups: groupsOf(cells) };
  }

  async function oldestWaiting(): Promise<OldestWaiting> {
    const reply = await waiting([keys.rotation, keys.active], [prefix, examinedWaiting]);
    const [queuedAt, submittedAt, completedAt, now] = z
      .tuple([instant, instant, instant, z.string()])
      .parse(reply);
    return { queuedAt, submittedAt, completedAt, now: Number(now) };
  }

  /** Tasks and downloads that have been under way for longer than the limits. */
  async function overlong(limitsMs: OverlongLimits): Promise<Overlong> {
    const reply = await overlongScript(
      [keys.active],
      [prefix, examinedActive, overlongShown, Math.round(limitsMs.task), Math.round(limitsMs.download)],
    );
    const [tasks, downloads, ...cells] = scanned.parse(reply);
    const items: OverlongItem[] = [];
    for (let index = 0; index + 2 < cells.length; index += 3) {
      const state = cells[index] === 'downloading' ? 'downloading' : 'processing';
      items.push({ state, id: cells[index + 1] ?? '', since: Number(cells[index + 2]) });
    }
    return { tasks, downloads, items };
  }

  return { find, findAll, understand, page, failures, oldestWaiting, overlong };
}

function isLinkLike(text: string): boolean {
  return /^(https?|file):\/\//i.test(text);
}

/** Messages that differ only in numbers and long ids are one group; `…` stands for what differs. Pure. */
export function groupKey(message: string): string {
  return message
    .replace(/[0-9a-f]{16,}/gi, '…')
    .replace(/\d+([.,]\d+)*/g, '…')
    .trim();
}

function groupsOf(cells: readonly (string | number)[]): FailureGroup[] {
  const groups = new Map<string, { reason: string; messages: Set<string>; count: number }>();
  for (let index = 0; index + 2 < cells.length; index += 3) {
    const [reason, message, count] = [
      String(cells[index]),
      String(cells[index + 1]),
      Number(cells[index + 2]),
    ];
    const key = `${reason} ${groupKey(message)}`;
    const group = groups.get(key) ?? { reason, messages: new Set(), count: 0 };
    groups.set(key, { ...group, messages: group.messages.add(message), count: group.count + count });
  }
  return [...groups.values()]
    .map(({ reason, messages, count }) => {
      const [first = ''] = messages;
      return {
        reason: failureReasons.find((each) => each === reason) ?? null,
        message: messages.size === 1 ? first : groupKey(first),
        count,
      };
    })
    .sort((a, b) => b.count - a.count);
}
