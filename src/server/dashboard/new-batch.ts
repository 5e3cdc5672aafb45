/**
 * The routes of the page for a new batch: show the form, check a list, enqueue it. The list travels in the
 * form both times; lists too large for that go through the API or the command line.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { usualPrice } from '../../shared/models/price.ts';
import { mustBeOperator, requireOperator, viewerOf } from '../auth/guard.ts';
import type { CreditsReader } from '../readings/credits.ts';
import { readWithin } from '../readings/remember.ts';
import type { ListCheck, ServerDeps } from '../server-deps.ts';
import type { ActionParts } from './actions.ts';
import { page } from './layout.ts';
import { type CheckedList, type NewBatchForm, newBatchPage } from './new-batch-view.ts';
import { withNotice } from './notices.ts';
import { batchPath } from './parts.ts';

export interface NewBatchParts extends ActionParts {
  readonly credits: CreditsReader;
}

const formSchema = z.object({
  csrf: z.string().optional(),
  batch: z.string().trim().catch(''),
  model: z.string().catch(''),
  list: z.string().catch(''),
  listName: z.string().max(200).catch(''),
});
const inputPrefix = 'input.';

/** The form with the values of the model's inputs; a field that was left empty gives none. */
function readForm(body: unknown) {
  const fields = z.record(z.string(), z.unknown()).catch({}).parse(body);
  const inputs = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    name.startsWith(inputPrefix) && typeof value === 'string' && value.trim() !== ''
      ? [[name.slice(inputPrefix.length), value]]
      : [],
  );
  return { ...formSchema.parse(body), inputs: Object.fromEntries(inputs) };
}

const mostListBytes = 16 * 2 ** 20;

export function newBatchRoutes(scope: FastifyInstance, parts: NewBatchParts): void {
  const { deps, audit } = parts;
  const show = (request: FastifyRequest, reply: FastifyReply, shown: Shown) => {
    const { form, checked = null, problem = null } = shown;
    const viewer = viewerOf(request);
    const content = newBatchPage({ models: deps.models.list(), form, checked, problem }, viewer);
    const code = problem === null ? 200 : 422;
    return reply
      .code(code)
      .type('text/html; charset=utf-8')
      .send(page({ title: 'New batch', viewer, section: '/new', content }));
  };

  scope.get('/new', (request, reply) => {
    mustBeOperator(viewerOf(request));
    const { model: asked } = z.object({ model: z.string().catch('') }).parse(request.query);
    const models = deps.models.list();
    const model = models.find(({ id }) => id === asked)?.id ?? models[0]?.id ?? '';
    return show(request, reply, {
      form: { batch: nameFor(deps.clock.now()), model, list: '', listName: '', inputs: {} },
    });
  });

  scope.post('/new/check', { bodyLimit: mostListBytes }, async (request, reply) => {
    const { csrf, ...form } = readForm(request.body);
    await requireOperator(request, parts, csrf);
    try {
      return show(request, reply, { form, checked: await check(form, parts) });
    } catch (error) {
      return show(request, reply, { form, problem: wordsOf(error) });
    }
  });

  scope.post('/new', { bodyLimit: mostListBytes }, async (request, reply) => {
    const { csrf, ...form } = readForm(request.body);
    const { name } = await requireOperator(request, parts, csrf);
    try {
      const created = await deps.operations.create({
        ...form,
        listName: form.listName || 'pasted.txt',
        chunks: chunksOf(form.list),
        force: false,
        onInvalid: () => undefined,
        signal: AbortSignal.timeout(120_000),
      });
      const outcome = `${created.accepted} accepted, ${created.duplicates} duplicate, ${created.alreadySaved} already saved, ${created.invalid} invalid`;
      await audit.write({
        who: name ?? 'local',
        address: request.ip,
        action: 'create',
        target: form.batch,
        outcome,
      });
      return reply.redirect(withNotice(batchPath(created.batch), 'created', created.accepted), 303);
    } catch (error) {
      return show(request, reply, { form, problem: wordsOf(error) });
    }
  });
}

interface Shown {
  readonly form: NewBatchForm;
  readonly checked?: CheckedList;
  readonly problem?: string;
}

async function check(form: NewBatchForm, { deps, credits }: NewBatchParts): Promise<CheckedList> {
  const { operations, models, redis } = deps;
  const model = models.get(form.model);
  const { ids, invalid } = await operations.check(
    form.model,
    form.listName || 'pasted.txt',
    chunksOf(form.list),
    form.inputs,
  );
  const unique = [...new Set(ids)];
  const states = await readWithin(redis, () => statesOf(unique, deps));
  return {
    links: unique.length,
    repeated: ids.length - unique.length,
    alreadySaved: states.filter((state) => state === 'saved').length,
    known: states.filter((state) => state !== null && state !== 'saved').length,
    invalid,
    creditsPerTask: usualPrice(model),
    credits: credits.latest()?.credits ?? null,
  };
}

async function statesOf(ids: ListCheck['ids'], { ledger }: ServerDeps): Promise<(string | null)[]> {
  const items = await Promise.all(ids.map((id) => ledger.item(id)));
  return items.map((item) => item?.state ?? null);
}

async function* chunksOf(list: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(list);
}

/** What is wrong with a name, a model or a list is told in the words of whoever found it. */
function wordsOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.message;
  throw error;
}

function nameFor(now: number): string {
  return `batch-${new Date(now).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-')}`;
}
