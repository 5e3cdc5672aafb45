/** The calls that read. */
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Sought } from '../../shared/ledger/search/find-item.ts';
import type { ServerDeps } from '../server-deps.ts';
import { calls } from './calls.ts';
import { type ApiParts, batchOf, define, itemOf } from './define-call.ts';
import type { itemsQuery } from './schemas.ts';
import {
  viewAuditEntry,
  viewBatch,
  viewEvent,
  viewItem,
  viewModel,
  viewOverview,
  viewStuck,
  viewWorker,
} from './views.ts';

const searchBudgetMs = 300;

export function readingCalls(api: FastifyInstance, parts: ApiParts): void {
  const { ledger, itemHistory } = parts.deps;
  define(api, parts, calls.overview, async () => viewOverview(await parts.readOverview()));
  define(api, parts, calls.models, async () => {
    const { models, clock } = parts.deps;
    return { models: models.list().map((model) => viewModel(model, clock.now())) };
  });
  define(api, parts, calls.batches, async ({ query: { cursor, limit } }) => {
    const overview = await parts.readOverview();
    const names = (await ledger.batchNames()).reverse();
    const found = await Promise.all(names.slice(cursor, cursor + limit).map((name) => ledger.batch(name)));
    return {
      batches: found.filter((batch) => batch !== null).map((batch) => viewBatch(batch, overview)),
      next: names.length > cursor + limit ? cursor + limit : null,
    };
  });
  define(api, parts, calls.batch, async ({ params }) =>
    viewBatch(await batchOf(params.name, parts.deps), await parts.readOverview()),
  );
  define(api, parts, calls.foreseeRetry, async ({ params, query }) => {
    const { name, budget, creditsSpent } = await batchOf(params.name, parts.deps);
    const { links, ...forecast } = await parts.deps.operations.foreseeRetry(name, query);
    return { items: links, ...forecast, budget, creditsSpent };
  });
  define(api, parts, calls.failures, async ({ params }) => {
    const { name } = await batchOf(params.name, parts.deps);
    const { groups, examined } = await parts.deps.search.failures(name);
    return {
      groups: groups.map(({ reason, message, count }) => ({ reason, message, items: count })),
      examined,
    };
  });
  define(api, parts, calls.workers, async () => ({
    workers: (await parts.readOverview()).workers.map(viewWorker),
  }));
  define(api, parts, calls.stuck, async () => viewStuck(await parts.readOverview()));
  define(api, parts, calls.audit, async ({ query: { limit, ...filter } }) => ({
    entries: (await parts.audit.latest(limit, filter)).map(viewAuditEntry),
  }));
  define(api, parts, calls.foreseeItemRetry, async ({ params }) => {
    const { id } = await itemOf(params.id, parts.deps);
    const { links, ...forecast } = await parts.deps.operations.foreseeRetryOfItem(id);
    return { items: links, ...forecast };
  });
  define(api, parts, calls.items, async ({ params, query }) => {
    await batchOf(params.name, parts.deps);
    return readItems(params.name, query, parts.deps);
  });
  define(api, parts, calls.item, async ({ params }) => viewItem(await itemOf(params.id, parts.deps)));
  define(api, parts, calls.itemEvents, async ({ params }) => {
    await itemOf(params.id, parts.deps);
    return { events: (await itemHistory.story(params.id)).map(viewEvent) };
  });
}

async function readItems(name: string, query: z.output<typeof itemsQuery>, { search }: ServerDeps) {
  const { q, state, reason, paidTwice, cursor, limit } = query;
  const sought: Sought | null = q ? await search.understand(name, q) : null;
  if (sought?.kind === 'item')
    return { items: cursor === 0 ? [viewItem(sought.item, name)] : [], next: null };
  const request = { from: cursor, size: limit, budgetMs: searchBudgetMs };
  const filter = { state, reason, part: sought?.part, paidTwice: paidTwice === 'true' };
  const page = await search.page(name, filter, request);
  return { items: page.items.map((item) => viewItem(item, name)), next: page.next };
}
