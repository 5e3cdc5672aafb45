/**
 * The routes of a new batch: the form, the upload of a list, its check, and enqueueing. The list is kept on this server
 * from the upload on (src/server/uploads), so that what is enqueued is what was checked, however long it is.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { listHalts } from '../../shared/gate-state/halts.ts';
import { isBatchName } from '../../shared/ledger/batch.ts';
import { mustBeOperator, Refusal, requireOperator, viewerOf } from '../auth/guard.ts';
import type { CreditsReader } from '../readings/credits.ts';
import { actWithin, readWithin } from '../readings/remember.ts';
import { createListChecks, type ListChecks } from '../uploads/list-checks.ts';
import { type ReadUpload, readUpload, type UploadFields } from '../uploads/read-upload.ts';
import { createStagedLists, type ListChoices, type StagedLists } from '../uploads/staged-lists.ts';
import { createUploadedVideos } from '../uploads/uploaded-videos.ts';
import type { ActionParts } from './actions.ts';
import { type CheckedListReading, checkedListFragments, checkedListPage } from './checked-list-view.ts';
import { definePage, type PageParts } from './define-page.ts';
import { createEnqueuer } from './enqueue-staged.ts';
import { page } from './layout.ts';
import { inputPrefix } from './model-cards.ts';
import { videoUploadRoutes } from './new-batch-videos.ts';
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

export function newBatchRoutes(scope: FastifyInstance, parts: NewBatchParts): void {
  const { deps, credits } = parts;
  const staged = createStagedLists(deps.dataDir, () => Date.now());
  const videos = createUploadedVideos({
    ...deps,
    folder: deps.videoFolder,
    maxBytes: deps.mostVideoBytes,
    batch: deps.ledger.batch,
    now: deps.clock.now,
  });
  const checks = createListChecks(staged, deps.operations, videos, (error) =>
    deps.logger.warn({ err: error }, 'A list could not be checked'),
  );
  const enqueuer = createEnqueuer(staged, checks, videos, parts);
  scope.addHook('preClose', async () => {
    checks.stop();
    await enqueuer.stop();
  });
  videoUploadRoutes(scope, parts, videos);
  scope.addContentTypeParser('multipart/form-data', (_request, payload, done) => done(null, payload));

  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    form: NewBatchForm,
    problem: string | null,
  ) => {
    const viewer = viewerOf(request);
    const halts = await readWithin(deps.redis, () => listHalts(deps));
    const uploaded = { videos: await videos.of(form.form), mostBytes: deps.mostVideoBytes };
    const reading = { models: deps.models.list(), halts, uploaded, at: deps.clock.now() };
    const content = newBatchPage({ ...reading, form, problem }, viewer);
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
    const before = again ? await staged.find(again) : null;
    const form = formIdOf(upload.fields);
    const id =
      upload.list?.id ??
      (again ? await staged.keepAgain(again) : null) ??
      ((await videos.folderOf(form)) === null ? null : await staged.keep(Readable.from([])));
    const read = readChoices(upload, before?.listName, form);
    if (id !== null && 'choices' in read) {
      await staged.choose(id, read.choices);
      return reply.redirect(`/new/${id}`, 303);
    }
    if (id !== null) await staged.discard(id);
    const problem = 'problem' in read ? read.problem : 'Paste links, or choose a file or videos.';
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
  'This list is no longer here: it was already enqueued, is older than a day, or was uploaded to another server.';

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
  form: string,
): { readonly choices: ListChoices } | { readonly problem: string } {
  const given = choicesSchema.safeParse(fields);
  if (!given.success) return { problem: z.prettifyError(given.error) };
  const { batch, model, budget, priority, paused, force, upload } = given.data;
  if (!isBatchName(batch))
    return {
      problem:
        'A name must have 1 to 100 letters, digits, dots, dashes and underscores, and start with a letter or digit.',
    };
  const listName = list?.name ?? nameBefore ?? (fields['list'] === undefined ? 'videos' : 'pasted.txt');
  const flags = { isPaused: paused !== undefined, force: force !== undefined, upload: upload !== undefined };
  return {
    choices: { batch, model, budget, priority, listName, form, inputs: inputsOf(fields, model), ...flags },
  };
}

/** The values of the model's inputs; a field that was left empty gives none. */
function inputsOf(fields: UploadFields, model: string): Record<string, string> {
  const prefix = inputPrefix(model);
  const given = Object.entries(fields).filter(
    ([name, value]) => name.startsWith(prefix) && value.trim() !== '',
  );
  return Object.fromEntries(given.map(([name, value]) => [name.slice(prefix.length), value]));
}

function formOf(fields: UploadFields): NewBatchForm {
  const { model = '' } = fields;
  return {
    batch: fields['batch'] ?? '',
    model,
    inputs: inputsOf(fields, model),
    budget: fields['budget'] ?? '',
    priority: fields['priority'] ?? '1',
    isPaused: 'paused' in fields,
    force: 'force' in fields,
    upload: 'upload' in fields,
    staged: null,
    form: formIdOf(fields),
  };
}

/** The id of the form's videos. An invented one has none. */
function formIdOf({ form }: UploadFields): string {
  return z.uuid().safeParse(form).data ?? randomUUID();
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
    const form = {
      ...choices,
      form: choices.form ?? randomUUID(),
      budget: budget === null ? '' : String(budget),
      priority: String(priority),
    };
    return { ...form, staged: { id: from, name: listName, bytes } };
  }
  const models = deps.models.list();
  const model = models.find(({ id }) => id === asked)?.id ?? models[0]?.id ?? '';
  return { ...formOf({ batch: nameFor(deps.clock.now()), model }) };
}

function nameFor(now: number): string {
  return `batch-${new Date(now).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-')}`;
}
