/**
 * The actions of the pages. Each checks the role and the form token, is written to the audit log with its outcome, and
 * returns to the page of the form. Long actions continue in the background, and the page shows their progress.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../shared/audit/audit-log.ts';
import { actOnSeveral, describeOutcome, refusePrice } from '../act-on-several.ts';
import { type GuardParts, Refusal, requireOperator } from '../auth/guard.ts';
import { actWithin } from '../readings/remember.ts';
import type { ServerDeps } from '../server-deps.ts';
import { selectionFields } from './confirm.ts';
import { type NoticeName, withNotice } from './notices.ts';
import { batchPath, itemPath } from './parts.ts';

export interface ActionParts extends GuardParts {
  readonly audit: AuditLog;
}

interface Done {
  readonly notice: NoticeName;
  readonly n?: number;
  /** For the audit log. */
  readonly outcome: string;
}

const formSchema = z.object({ csrf: z.string().optional() }).catch({});
const retryForm = z.object({
  ...selectionFields,
  /** How many links the person was shown. */
  links: z.coerce.number().int().min(0).optional(),
  /** What they were shown that a task costs. */
  price: z.coerce.number().min(0).optional(),
  budget: z
    .literal('')
    .transform(() => undefined)
    .or(z.coerce.number().min(0))
    .optional(),
});
const taskForm = z.object({
  taskId: z
    .string()
    .trim()
    .regex(/^[^\s,]{1,200}$/, 'A task id has no spaces or commas.'),
});
const resumeForm = z.object({ price: z.coerce.number().optional() });
const weightForm = z.object({ weight: z.coerce.number().int().min(1).max(1000) });
/** After this the page does not wait for the end. */
const momentMs = 1500;

export function actionRoutes(scope: FastifyInstance, parts: ActionParts): void {
  const { deps } = parts;
  const { operations } = deps;
  const post = (
    path: string,
    action: string,
    act: (target: string, form: unknown) => Promise<Done>,
    behind: NoticeName = 'nothing',
  ) =>
    scope.post<{ Params: { target: string } }>(path, async (request, reply) => {
      const { target } = request.params;
      const run = begin(request, parts, action, target, act);
      return answer(
        await run,
        behind,
        path.startsWith('/items') ? itemPath(target) : batchPath(target),
        reply,
      );
    });

  const ofEverything = (path: string, action: string, act: () => Promise<Done>) =>
    scope.post(path, async (request, reply) =>
      answer(await begin(request, parts, action, 'everything', act), 'nothing', '/', reply),
    );

  const ofBatch =
    (act: (name: string, form: unknown) => Promise<Done>) => async (name: string, form: unknown) => {
      if ((await deps.ledger.batch(name)) === null) throw new Refusal(404, 'There is no such batch.');
      return act(name, form);
    };
  post(
    '/batches/:target/retry',
    'retry',
    ofBatch(async (name, form) => counted('retried', await retryChosen(name, form, deps))),
    'retry-runs',
  );
  post(
    '/batches/:target/cancel',
    'cancel',
    ofBatch(async (name) => counted('cancelled', await operations.cancel(name))),
    'cancel-runs',
  );
  post(
    '/batches/:target/pause',
    'pause',
    ofBatch((name) => told('paused', operations.pause(name))),
  );
  post(
    '/batches/:target/resume',
    'resume',
    ofBatch(async (name, form) => {
      const batch = await deps.ledger.batch(name);
      if (batch?.dearer) refusePrice(batch.dearer, read(resumeForm, form).price);
      return told('resumed', operations.resume(name));
    }),
  );
  post(
    '/batches/:target/weight',
    'priority',
    ofBatch((name, form) => {
      const { weight } = read(weightForm, form);
      return told(weight > 1 ? 'preferred' : 'not-preferred', operations.setPriority(name, weight));
    }),
  );
  ofEverything('/pause', 'pause', () => told('paused-all', operations.pauseAll(), 'paused'));
  ofEverything('/resume', 'resume', () => told('resumed-all', operations.resumeAll(), 'resumed'));
  scope.post('/retry', async (request, reply) => {
    const shown = shownForecasts(request.body);
    const names = shown.map(({ name }) => name).join(', ');
    const run = await begin(request, parts, 'retry', names.slice(0, 200), () => retrySeveral(shown, deps));
    return answer(run, 'several-runs', '/batches', reply);
  });
  scope.post('/batches', async (request, reply) => {
    const { action, names } = chosenBatches(request.body);
    if (action === 'retry') {
      const query = new URLSearchParams(names.map((name) => ['batch', name]));
      return reply.redirect(`/retry?${query}`, 303);
    }
    const act = () => actOnChosen(action, names, deps);
    return answer(
      await begin(request, parts, action, names.join(', ').slice(0, 200), act),
      'several-runs',
      '/batches',
      reply,
    );
  });
  post(
    '/batches/:target/give-up',
    'give up',
    ofBatch(async (name) => counted('given-up', await operations.giveUpHeld(name))),
    'cancel-runs',
  );
  post('/items/:target/attach', 'attach task', async (id, form) => {
    const { taskId } = read(taskForm, form);
    const isAsked = await operations.attachTask(id, taskId);
    return isAsked ? { notice: 'attaching', outcome: taskId } : { notice: 'nothing', outcome: 'not held' };
  });
  post('/items/:target/give-up', 'give up', async (id) =>
    counted('given-up', (await operations.giveUp(id)) ? 1 : 0),
  );
  post('/items/:target/look-now', 'check now', async (id) => {
    const isWoken = await operations.lookNow(id);
    return { notice: isWoken ? 'looking-now' : 'nothing', outcome: isWoken ? 'done' : 'nothing to do' };
  });
  post('/items/:target/retry', 'retry', async (id) => counted('retried', await retryOne(id, deps)));
}

const severalForm = z.object({
  action: z.enum(['pause', 'resume', 'cancel', 'prioritize', 'normalize', 'retry']),
});
const chosenPrefix = 'batch.';

function chosenBatches(form: unknown) {
  const { action } = read(severalForm, form);
  const names = Object.keys(z.record(z.string(), z.unknown()).parse(form))
    .filter((name) => name.startsWith(chosenPrefix))
    .map((name) => name.slice(chosenPrefix.length));
  if (names.length === 0) throw new Refusal(422, 'Choose one or more batches first. Nothing was changed.');
  return { action, names };
}

async function actOnChosen(
  action: Exclude<z.infer<typeof severalForm>['action'], 'retry'>,
  names: readonly string[],
  deps: ServerDeps,
): Promise<Done> {
  const isPriority = action === 'prioritize' || action === 'normalize';
  const priority = action === 'prioritize' ? 10 : 1;
  const outcome = await actOnSeveral(isPriority ? 'priority' : action, names, priority, deps);
  const notice = outcome.refused.length > 0 ? 'several-refused' : 'several';
  return { notice, n: outcome.done.length, outcome: describeOutcome(outcome) };
}

const linksPrefix = 'links.';

/** What the person was shown of each batch, from the fields of the question. */
function shownForecasts(form: unknown) {
  const fields = z.record(z.string(), z.string()).parse(form);
  const names = Object.keys(fields)
    .filter((field) => field.startsWith(linksPrefix))
    .map((field) => field.slice(linksPrefix.length));
  return names.map((name) => ({
    name,
    links: fields[`${linksPrefix}${name}`],
    price: fields[`price.${name}`],
  }));
}

/** A batch that has more links by now, or costs more, is left as it is. */
async function retrySeveral(shown: ReturnType<typeof shownForecasts>, deps: ServerDeps): Promise<Done> {
  const refused: string[] = [];
  let retried = 0;
  for (const { name, ...form } of shown)
    try {
      retried += await retryChosen(name, form, deps);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push(`${name}: ${error.message}`);
    }
  if (refused.length === 0) return counted('retried', retried);
  return { notice: 'retried-some', n: retried, outcome: [`${retried} links`, ...refused].join('. ') };
}

async function retryChosen(name: string, form: unknown, { operations }: ServerDeps): Promise<number> {
  const { links, price, budget, ...selection } = read(retryForm, form);
  const now = await operations.foreseeRetry(name, selection);
  if (links !== undefined && now.links > links)
    throw new Refusal(
      409,
      `There are now ${now.links} such links, not ${links}. Nothing was changed. Check again.`,
    );
  if (price !== undefined && now.newTasks > 0 && (now.creditsPerTask ?? 0) > price)
    throw new Refusal(
      409,
      `A task now costs ${now.creditsPerTask} credits, not ${price}. Nothing was changed. Check again.`,
    );
  if (budget !== undefined) await operations.setBudget(name, budget);
  return operations.retry(name, selection);
}

function read<Schema extends z.ZodType>(schema: Schema, form: unknown): z.output<Schema> {
  const given = schema.safeParse(form ?? {});
  if (given.success) return given.data;
  throw new Refusal(422, `Nothing was changed. ${z.prettifyError(given.error)}`);
}

async function retryOne(id: string, { operations, itemHistory, clock }: ServerDeps): Promise<number> {
  const isRetried = await operations.retryItem(id);
  if (isRetried) await itemHistory.note(id, clock.now(), { event: { kind: 'retried', message: '' } });
  return isRetried ? 1 : 0;
}

function counted(notice: NoticeName, n: number): Done {
  return n === 0 ? { notice: 'nothing', outcome: 'nothing to do' } : { notice, n, outcome: `${n} links` };
}

async function told(notice: NoticeName, act: Promise<void>, outcome: string = notice): Promise<Done> {
  await act;
  return { notice, outcome };
}

/** Continues after the response if necessary; the outcome is in the audit log in any case. */
async function begin(
  request: FastifyRequest,
  parts: ActionParts,
  action: string,
  target: string,
  act: (target: string, form: unknown) => Promise<Done>,
): Promise<{ done: Promise<Done> }> {
  const { csrf } = formSchema.parse(request.body ?? {});
  const { name } = await requireOperator(request, parts, csrf);
  const who = { who: name ?? 'local', address: request.ip, action, target };
  const done = actWithin(parts.deps.redis, () => act(target, request.body));
  void done
    .then(
      ({ outcome }) => outcome,
      (error: unknown) => {
        parts.deps.logger.warn({ err: error, ...who }, 'An action failed');
        return `failed: ${error instanceof Error ? error.message : String(error)}`;
      },
    )
    .then((outcome) => parts.audit.note({ ...who, outcome }));
  return { done };
}

async function answer(
  { done }: { done: Promise<Done> },
  behind: NoticeName,
  path: string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const moment = new AbortController();
  const late = sleep(momentMs, null, { signal: moment.signal }).catch(() => null);
  const first = await Promise.race([done, late]);
  moment.abort();
  const to = first === null ? withNotice(path, behind) : withNotice(path, first.notice, first.n);
  return reply.redirect(to, 303);
}
