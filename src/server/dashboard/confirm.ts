/**
 * The questions before actions that spend: GET shows what would be done and paid, POST of the same address (actions.ts)
 * does it. So a single click never spends, with or without JavaScript.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { failureReasons } from '../../shared/ledger/states.ts';
import { mustBeOperator, Refusal, viewerOf } from '../auth/guard.ts';
import type { CreditsReader } from '../readings/credits.ts';
import { readWithin } from '../readings/remember.ts';
import type { RetrySelection, ServerDeps } from '../server-deps.ts';
import { giveUpPage, itemRetryPage, resumePage, retryPage, retrySeveralPage } from './confirm-view.ts';
import type { Html } from './html.ts';
import { page, type Viewer } from './layout.ts';

export interface ConfirmParts {
  readonly deps: ServerDeps;
  readonly credits: CreditsReader;
}

const noneIsUndefined = z.literal('').transform(() => undefined);
/** An unknown reason is refused: if it were ignored, everything would be retried. */
export const selectionFields = {
  state: z.enum(['failed', 'cancelled', 'held']).or(noneIsUndefined).optional(),
  reason: z.enum(failureReasons).or(noneIsUndefined).optional(),
  message: z.string().max(1000).optional(),
};
const selectionSchema = z.object(selectionFields);
const severalQuery = z.object({
  batch: z
    .string()
    .transform((name) => [name])
    .or(z.array(z.string()).max(100))
    .catch([]),
});
const targetParams = z.object({ target: z.string().max(200) });

export function confirmRoutes(scope: FastifyInstance, { deps, credits }: ConfirmParts): void {
  const question = (
    path: string,
    title: string,
    ask: (target: string, request: FastifyRequest, viewer: Viewer) => Promise<Html>,
  ) =>
    scope.get(path, async (request, reply) => {
      const viewer = viewerOf(request);
      mustBeOperator(viewer);
      const { target } = targetParams.parse(request.params);
      const content = await readWithin(deps.redis, () => ask(target, request, viewer));
      return send(reply, page({ title, viewer, section: '/batches', content }));
    });
  const balance = () => credits.latest()?.credits ?? null;

  question('/batches/:target/retry', 'Retry', async (name, { query }, viewer) => {
    const selection = read(query);
    const batch = await batchOf(name, deps);
    const forecast = await deps.operations.foreseeRetry(name, selection);
    const asksBudget = batch.budget !== null || selection.reason === 'budget-exhausted';
    const fields = fieldsOf(selection);
    return retryPage(
      { batch, forecast, fields, which: describe(selection), balance: balance(), asksBudget },
      viewer,
    );
  });
  scope.get('/retry', async (request, reply) => {
    const viewer = viewerOf(request);
    mustBeOperator(viewer);
    const names = new Set(severalQuery.parse(request.query).batch);
    const content = await readWithin(deps.redis, async () => {
      const batches = await Promise.all(
        [...names].map(async (name) => ({
          batch: await batchOf(name, deps),
          forecast: await deps.operations.foreseeRetry(name, {}),
        })),
      );
      return retrySeveralPage({ batches, balance: balance() }, viewer);
    });
    return send(reply, page({ title: 'Retry', viewer, section: '/batches', content }));
  });
  question('/batches/:target/resume', 'Resume', async (name, _request, viewer) =>
    resumePage(await batchOf(name, deps), balance(), viewer),
  );
  question('/batches/:target/give-up', 'Give up', async (name, _request, viewer) =>
    giveUpPage(await batchOf(name, deps), viewer),
  );
  question('/items/:target/retry', 'Retry', async (id, _request, viewer) => {
    const item = await deps.ledger.item(id);
    if (item === null) throw new Refusal(404, 'There is no such link.');
    const forecast = await deps.operations.foreseeRetryOfItem(id);
    return itemRetryPage({ item, forecast, balance: balance() }, viewer);
  });
}

function read(query: unknown): RetrySelection {
  const given = selectionSchema.safeParse(query);
  if (given.success) return given.data;
  throw new Refusal(422, z.prettifyError(given.error));
}

function fieldsOf(selection: RetrySelection): Record<string, string> {
  const given = Object.entries(selection).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

function describe({ state, reason, message }: RetrySelection): string {
  const words =
    message === undefined && reason === undefined && state === undefined
      ? 'failed, cancelled or held links'
      : `${state ?? 'failed'} links`;
  const why = reason === undefined ? '' : ` with the reason ${reason}`;
  return `${words}${why}${message === undefined ? '' : ` and the message “${message}”`}`;
}

async function batchOf(name: string, { ledger }: ServerDeps) {
  const batch = await ledger.batch(name);
  if (batch === null) throw new Refusal(404, 'There is no such batch.');
  return batch;
}

function send(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(text);
}
