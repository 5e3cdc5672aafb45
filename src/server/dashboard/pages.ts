/**
 * The pages without actions: overview, batches, one batch, one item. Each is a reading and a view; actions.ts has the
 * actions.
 */

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { batchEtaMs, batchSituation } from '../../shared/gate-state/outlook.ts';
import { type Batch, unfinished } from '../../shared/ledger/batch.ts';
import type { Item } from '../../shared/ledger/item.ts';
import type { Sought } from '../../shared/ledger/search/find-item.ts';
import type { ItemPage } from '../../shared/ledger/search/item-pages.ts';
import { activeStates, stateFacts } from '../../shared/ledger/states.ts';
import { explain } from '../../shared/wording/situation-words.ts';
import { contentPolicy } from '../auth/request-rules.ts';
import { createGrowingSearch } from '../readings/growing-search.ts';
import type { Overview } from '../readings/overview.ts';
import { ratesOf } from '../readings/rates.ts';
import { remember } from '../readings/remember.ts';
import { samplesSince } from '../readings/samples.ts';
import { keyOfFile } from '../readings/stored-file.ts';
import type { ServerDeps } from '../server-deps.ts';
import { type ItemQuery, itemQuerySchema, queryString } from './batch-query.ts';
import { type BatchReading, batchFragments, batchPage } from './batch-view.ts';
import {
  type BatchesQuery,
  type BatchesReading,
  type BatchSpeed,
  batchesFragments,
  batchesPage,
  batchesQuerySchema,
  passes,
} from './batches-view.ts';
import { definePage, type PageParts } from './define-page.ts';
import { gateFragments, gatePage } from './gate-view.ts';
import type { Html } from './html.ts';
import { type ItemReading, itemFragments, itemPage, shownSource } from './item-view.ts';
import type { Viewer } from './layout.ts';
import { type Fragments, overviewFragments, overviewPage } from './overview-view.ts';
import { duration } from './parts.ts';
import { jobPath } from './queue-board.ts';
import { queueTexts } from './queue-jobs.ts';
import { schedulesFragments, schedulesPage } from './schedules-view.ts';
import { stuckFragments, stuckPage } from './stuck-view.ts';
import { workersFragments, workersPage } from './workers-view.ts';

export interface PagesParts extends PageParts {
  readonly readOverview: () => Promise<Overview>;
}

const batchesAPage = 20;
/** A search through a million items that finds little answers after this, and continues while the page is open. */
const searchBudgetMs = 100;
/** A search through the items is not repeated every second for a live page. */
const searchFreshMs = 10_000;
const groupsFreshMs = 3000;

const nameParams = z.object({ name: z.string().max(100) });
const idParams = z.object({ id: z.string().max(200) });

export function pageRoutes(scope: FastifyInstance, parts: PagesParts): void {
  const { deps, readOverview } = parts;
  definePage<Overview>(scope, parts, {
    path: '/',
    section: '/',
    hasCharts: true,
    title: () => 'Overview',
    read: readOverview,
    fragments: overviewFragments,
    content: (_reading, fragments) => overviewPage(fragments),
  });
  definePage<BatchesReading>(scope, parts, {
    path: '/batches',
    section: '/batches',
    title: () => 'Batches',
    read: async ({ query }) => readBatches(deps, batchesQuerySchema.parse(query), await readOverview()),
    fragments: batchesFragments,
    content: batchesPage,
  });
  const ofOverview = (
    path: string,
    title: string,
    fragments: (overview: Overview, viewer: Viewer) => Fragments,
    content: (fragments: Fragments, viewer: Viewer) => Html,
    hasCharts = false,
  ) =>
    definePage<Overview>(scope, parts, {
      path,
      section: path,
      hasCharts,
      title: () => title,
      read: readOverview,
      fragments,
      content: (_reading, shown, viewer) => content(shown, viewer),
    });
  ofOverview('/workers', 'Workers', workersFragments, workersPage);
  ofOverview('/stuck', 'Stuck', stuckFragments, stuckPage);
  ofOverview('/gate', 'Gates', gateFragments, gatePage, true);
  ofOverview('/schedules', 'Schedules', schedulesFragments, (fragments, viewer) =>
    schedulesPage(fragments, deps.models.list(), viewer),
  );
  const failuresOf = createFailureReader(deps);
  const itemsOf = createItemReader(deps);
  definePage<BatchReading>(scope, parts, {
    path: '/batches/:name',
    section: '/batches',
    hasCharts: true,
    chartsOf: ({ params }) => nameParams.parse(params).name,
    title: ({ batch }) => batch.name,
    read: async ({ params, query }) => {
      const batch = await deps.ledger.batch(nameParams.parse(params).name);
      if (batch === null) return null;
      const wanted = itemQuerySchema.parse(query);
      const [overview, failures, items, held] = await Promise.all([
        readOverview(),
        failuresOf(batch),
        itemsOf(batch.name, wanted),
        heldOf(batch, deps),
      ]);
      return {
        batch,
        overview,
        failures,
        items,
        held,
        query: wanted,
        ...(await speedOf(batch, overview, deps)),
      };
    },
    fragments: batchFragments,
    content: (reading, fragments) => batchPage(reading, fragments),
  });
  definePage<ItemReading>(scope, parts, {
    path: '/items/:id',
    section: '/batches',
    title: ({ item }) => item.id,
    policy: policyFor,
    read: async ({ params, query }) => {
      const item = await readItem(idParams.parse(params).id, deps, await readOverview());
      return item === null ? null : { ...item, isCompared: compareQuery.parse(query).source !== undefined };
    },
    fragments: itemFragments,
    content: (reading, fragments) => itemPage(reading, fragments),
  });
}

const compareQuery = z.object({ source: z.literal('1').optional().catch(undefined) });

/** The source is loaded from its own address, and only on request. */
function policyFor({ item, isCompared }: ItemReading): string | null {
  const source = shownSource(item);
  if (source === null || !isCompared) return null;
  const from = `'self' ${source.url.origin}`;
  return contentPolicy({ 'media-src': from, 'img-src': `${from} data:` });
}

const batchesAtOnce = 50;
/** A filter with few results searches this many items, and then returns where to continue. */
const mostBatchesLooked = 2000;

async function readBatches(
  deps: ServerDeps,
  query: BatchesQuery,
  overview: Overview,
): Promise<BatchesReading> {
  const { ledger } = deps;
  const names = (await ledger.batchNames()).reverse();
  const batches: Batch[] = [];
  let at = query.from;
  const end = Math.min(names.length, query.from + mostBatchesLooked);
  while (at < end && batches.length < batchesAPage) {
    const some = names.slice(at, Math.min(end, at + batchesAtOnce));
    const found = await Promise.all(some.map((name) => ledger.batch(name)));
    for (const batch of found) {
      if (batches.length === batchesAPage) break;
      at += 1;
      if (batch !== null && passes(batch, query, overview)) batches.push(batch);
    }
  }
  const rows = await Promise.all(
    batches.map(async (batch) => ({ batch, ...(await speedOf(batch, overview, deps)) })),
  );
  return { rows, overview, query, next: at < names.length ? at : null };
}

const rateWindowMs = 90_000;

async function speedOf(batch: Batch, overview: Overview, deps: ServerDeps): Promise<BatchSpeed> {
  const { at } = overview;
  const isGoing = unfinished(batch.counts) > 0;
  const samples = isGoing ? await samplesSince(deps, at - rateWindowMs, '15m', batch.name) : [];
  return { rates: ratesOf(samples, at), etaMs: batchEtaMs(batch, overview) };
}

const heldShown = 5;

async function heldOf({ name, counts }: Batch, { search }: ServerDeps): Promise<readonly Item[]> {
  if (counts.held === 0) return [];
  const request = { from: 0, size: heldShown, budgetMs: searchBudgetMs };
  return (await search.page(name, { state: 'held' }, request)).items;
}

function createItemReader(deps: ServerDeps) {
  const searches = new Map<string, () => Promise<ItemPage>>();
  return async (batch: string, query: ItemQuery): Promise<ItemPage> => {
    const { q, reason, twice, view, size: wanted, from } = query;
    const state = view === 'gallery' ? 'saved' : query.state;
    const sought: Sought | null = q ? await deps.search.understand(batch, q) : null;
    if (sought?.kind === 'item') {
      const isShown = view !== 'gallery' || sought.item.state === 'saved';
      return { items: isShown ? [sought.item] : [], next: null, examined: 1 };
    }
    const filter = { state, reason, part: sought?.part, paidTwice: twice === '1' };
    const look = (start: number, size: number) =>
      deps.search.page(batch, filter, { from: start, size, budgetMs: searchBudgetMs });
    if (!q && twice === undefined && (state === undefined || state === 'failed' || state === 'held'))
      return look(from, wanted);
    const key = `${batch}?${queryString(query)}`;
    const search =
      searches.get(key) ?? createGrowingSearch({ look, from, size: wanted, keptMs: searchFreshMs });
    if (searches.size > 100) searches.clear();
    searches.set(key, search);
    return search();
  };
}

/** Grouping reads thousands of failures, so it is done again only when their number has changed, and not every second. */
function createFailureReader({ search }: ServerDeps) {
  const readers = new Map<string, ReturnType<typeof remember<Awaited<ReturnType<typeof search.failures>>>>>();
  return async ({ name, counts }: Batch) => {
    if (counts.failed === 0) return { groups: [], examined: 0 };
    const reader = readers.get(name) ?? remember(groupsFreshMs, () => search.failures(name));
    if (readers.size > 100) readers.clear();
    readers.set(name, reader);
    return reader();
  };
}

async function readItem(
  id: string,
  deps: ServerDeps,
  overview: Overview,
): Promise<Omit<ItemReading, 'isCompared'> | null> {
  const { ledger, itemHistory, storage } = deps;
  const item = await ledger.item(id);
  if (item === null) return null;
  const key = item.file === null ? null : keyOfFile(item.file, storage);
  const [story, job, sidecar] = await Promise.all([
    itemHistory.story(id),
    readJob(item, deps),
    key === null ? undefined : storage.readSidecar(key).catch(() => undefined),
  ]);
  const batch = await ledger.batch(item.batch);
  const standstill = batch === null ? null : standstillOf(item, batch, overview);
  return { item, story, job, sidecar, standstill };
}

async function readJob({ id, state }: Item, { queues }: ServerDeps): Promise<ItemReading['job']> {
  const { stage } = stateFacts[state];
  const job = stage === null ? undefined : await (await queues.queue(stage)).getJob(id);
  if (stage === null || job === undefined) return null;
  const { progress } = job;
  const words =
    typeof progress === 'number' && progress > 0
      ? `${progress} % downloaded`
      : typeof progress === 'string'
        ? `${progress} downloaded`
        : null;
  return { path: jobPath(stage, id), queue: queueTexts[stage].displayName, progress: words };
}

/** Why an unfinished link does not move, in a sentence; null if it does. Pure. */
function standstillOf({ state, id }: Item, batch: Batch, overview: Overview): string | null {
  const { overlong, overlongLimits, at } = overview;
  if (overlong.items.some((each) => each.id === id)) {
    const limit = state === 'processing' ? overlongLimits.task : overlongLimits.download;
    return `This takes longer than usual: more than ${duration(limit)}.`;
  }
  if (!(activeStates as readonly string[]).includes(state)) return null;
  const counts = { ...batch.counts, queued: 0, submitting: 0, processing: 0, downloading: 0, [state]: 1 };
  const situation = batchSituation({ ...batch, counts }, overview);
  return situation.kind === 'running' ? null : explain(situation, at, batch.name).why;
}
