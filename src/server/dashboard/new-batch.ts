/**
 * The routes of a new batch: the form, the upload of a list, its check, and enqueueing. The list is kept on this server
 * from the upload on (src/server/uploads), so that what is enqueued is what was checked, however long it is.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isBatchName } from '../../shared/ledger/batch.ts';
import { mustBeOperator, Refusal, requireOperator, viewerOf } from '../auth/guard.ts';
import type { CreditsReader } from '../readings/credits.ts';
import { actWithin } from '../readings/remember.ts';
import { createListChecks, type ListChecks } from '../uploads/list-checks.ts';
import { type ReadUpload, readUpload, type UploadFields } from '../uploads/read-upload.ts';
import { createStagedLists, type ListChoices, type StagedLists } from '../uploads/staged-lists.ts';
import type { ActionParts } from './actions.ts';
import { type CheckedListReading, checkedListFragments, checkedListPage } from './checked-list-view.ts';
import { definePage, type PageParts } from './define-page.ts';
import { createEnqueuer } from './enqueue-staged.ts';
import { page } from './layout.ts';
import { type NewBatchForm, newBatchPage } from './new-batch-view.ts';

export interface NewBatchParts extends ActionParts, PageParts {
  readonly credits: CreditsReader;
}

const choicesSchema = z.object({
  batch: z.string().trim(),
  model: z.string(),
  budget: z
    .literal('')
    .transform(() => null)
    .or(z.coerce.number().min(0))
    .default(null),
  priority: z.coerce.number().int().min(1).max(1000).default(1),
  paused: z.string().optional(),
  force: z.string().optional(),
  upload: z.string().optional(),
});
const idParams = z.object({ id: z.string().max(100) });
const csrfForm = z.object({ csrf: z.string().optional() }).catch({});
const inputPrefix = 'input.';

export function newBatchRoutes(scope: FastifyInstance, parts: NewBatchParts): void {
  const { deps, credits } = parts;
  const staged = createStagedLists(deps.dataDir, () => Date.now());
  const checks = createListChecks(staged, deps.operations, (error) =>
    deps.logger.warn({ err: error }, 'A list could not be checked'),
  );
  const enqueuer = createEnqueuer(staged, checks, parts);
  scope.addHook('preClose', async () => {
    checks.stop();
    await enqueuer.stop();
  });
  scope.addContentTypeParser('multipart/form-data', (_request, payload, done) => done(null, payload));

  const show = (request: FastifyRequest, reply: FastifyReply, form: NewBatchForm, problem: string | null) => {
    const viewer = viewerOf(request);
    const content = newBatchPage({ models: deps.models.list(), form, problem }, viewer);
    return reply
      .code(problem === null ? 200 : 422)
      .type('text/html; charset=utf-8')
      .send(page({ title: 'New batch', viewer, section: '/new', content }));
  };

  scope.get('/new', async (request, reply) => {
    mustBeOperator(viewerOf(request));
    return show(request, reply, await emptyForm(request, staged, parts), null);
  });

  scope.post('/new/check', async (request, reply) => {
    mustBeOperator(viewerOf(request));
    const upload = await readUpload(request, {
      mostBytes: deps.mostListBytes,
      check: async ({ csrf }) => void (await requireOperator(request, parts, csrf)),
      keep: staged.keep,
    });
    const again = upload.fields['staged'];
    const id = upload.list?.id ?? (again ? await staged.keepAgain(again) : null);
    const before = again ? await staged.find(again) : null;
    const read = readChoices(upload, before?.listName);
    if (id !== null && 'choices' in read) {
      await staged.choose(id, read.choices);
      return reply.redirect(`/new/${id}`, 303);
    }
    if (id !== null) await staged.discard(id);
    const problem = 'problem' in read ? read.problem : 'Paste links or choose a file.';
    return show(request, reply, formOf(upload.fields), problem);
  });

  checkedPage(scope, parts, staged, checks, credits);

  scope.post('/new/:id', async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const viewer = await requireOperator(request, parts, csrfForm.parse(request.body ?? {}).csrf);
    const list = await staged.find(id);
    if (list === null) throw new Refusal(404, gone);
    const who = { who: viewer.name ?? 'local', address: request.ip };
    const to = await actWithin(deps.redis, () => enqueuer.enqueue(id, list, who));
    return reply.redirect(to, 303);
  });
}

const gone =
  'This list is not here any more: it was enqueued already, is older than a day, or was uploaded to another server.';

function checkedPage(
  scope: FastifyInstance,
  parts: NewBatchParts,
  staged: StagedLists,
  checks: ListChecks,
  credits: CreditsReader,
): void {
  definePage<CheckedListReading>(scope, parts, {
    path: '/new/:id',
    section: '/new',
    title: ({ staged: { batch } }) => `New batch ${batch}`,
    async read(request) {
      mustBeOperator(viewerOf(request));
      const { id } = idParams.parse(request.params);
      const list = await staged.find(id);
      if (list === null) throw new Refusal(404, gone);
      return { id, staged: list, check: checks.of(id, list), balance: credits.latest()?.credits ?? null };
    },
    fragments: checkedListFragments,
    content: (reading, fragments) => checkedListPage(reading, fragments),
  });
}

function readChoices(
  { fields, list }: ReadUpload,
  nameBefore: string | undefined,
): { readonly choices: ListChoices } | { readonly problem: string } {
  const given = choicesSchema.safeParse(fields);
  if (!given.success) return { problem: z.prettifyError(given.error) };
  const { batch, model, budget, priority, paused, force, upload } = given.data;
  if (!isBatchName(batch))
    return {
      problem:
        'A name has 1 to 100 letters, digits, dots, dashes and underscores, and starts with a letter or digit.',
    };
  const listName = list?.name ?? nameBefore ?? 'pasted.txt';
  const flags = { isPaused: paused !== undefined, force: force !== undefined, upload: upload !== undefined };
  return { choices: { batch, model, budget, priority, listName, inputs: inputsOf(fields), ...flags } };
}

/** The values of the model's inputs; a field that was left empty gives none. */
function inputsOf(fields: UploadFields): Record<string, string> {
  const given = Object.entries(fields).filter(
    ([name, value]) => name.startsWith(inputPrefix) && value.trim() !== '',
  );
  return Object.fromEntries(given.map(([name, value]) => [name.slice(inputPrefix.length), value]));
}

function formOf(fields: UploadFields): NewBatchForm {
  return {
    batch: fields['batch'] ?? '',
    model: fields['model'] ?? '',
    inputs: inputsOf(fields),
    budget: fields['budget'] ?? '',
    priority: fields['priority'] ?? '1',
    isPaused: 'paused' in fields,
    force: 'force' in fields,
    upload: 'upload' in fields,
    staged: null,
  };
}

const newQuery = z.object({ model: z.string().catch(''), from: z.string().catch('') });

async function emptyForm(
  request: FastifyRequest,
  staged: StagedLists,
  { deps }: NewBatchParts,
): Promise<NewBatchForm> {
  const { model: asked, from } = newQuery.parse(request.query);
  const before = from === '' ? null : await staged.find(from);
  if (before !== null) {
    const { bytes, listName, budget, priority, ...choices } = before;
    const form = { ...choices, budget: budget === null ? '' : String(budget), priority: String(priority) };
    return { ...form, staged: { id: from, name: listName, bytes } };
  }
  const models = deps.models.list();
  const model = models.find(({ id }) => id === asked)?.id ?? models[0]?.id ?? '';
  return { ...formOf({ batch: nameFor(deps.clock.now()), model }) };
}

function nameFor(now: number): string {
  return `batch-${new Date(now).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-')}`;
}
