/**
 * The HTTP API `/api/v1`: thin routes from the table of calls to the ledger and the operations. Bodies of lists
 * are streamed; every change goes to the audit log; errors are problem+json.
 */
import { Readable } from 'node:stream';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../shared/audit/audit-log.ts';
import type { Sought } from '../../shared/ledger/search.ts';
import { type GuardParts, mustBeOperator, Refusal, readerOf, recognize, viewerOf } from '../auth/guard.ts';
import { Html } from '../dashboard/html.ts';
import type { LiveHub } from '../dashboard/live.ts';
import type { Overview } from '../readings/overview.ts';
import { actWithin, describeAway, isAway, readWithin } from '../readings/remember.ts';
import type { InvalidEntry, ServerDeps } from '../server-deps.ts';
import { calls, methodsOf } from './calls.ts';
import { runOnce } from './idempotency.ts';
import { openApiDocument } from './openapi.ts';
import { problemOf } from './problem.ts';
import { createdSchema, type createQuery, type itemsQuery } from './schemas.ts';
import { viewBatch, viewCost, viewEvent, viewItem, viewModel, viewOverview } from './views.ts';

export interface ApiParts extends GuardParts {
  readonly audit: AuditLog;
  readonly hub: LiveHub;
  readonly readOverview: () => Promise<Overview>;
}

interface TypedCall<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Answer extends z.ZodType,
  Body extends z.ZodType,
> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly role: 'viewer' | 'operator';
  readonly params: Params;
  readonly query: Query;
  readonly body: Body | 'list';
  readonly answer: Answer;
}

interface Asked<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
}

const searchBudgetMs = 300;
const invalidShown = 100;
const mostJsonBytes = 64 * 1024;
const config = { isApi: true } as const;

export async function apiRoutes(scope: FastifyInstance, parts: ApiParts): Promise<void> {
  await scope.register(async (api) => {
    reportProblems(api, parts);
    // Lists of any length are taken as they come; only the calls with a small body read it whole.
    api.removeAllContentTypeParsers();
    api.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    api.all('/api/*', { config }, (request, reply) => refuseUnknown(request, reply));
    readingCalls(api, parts);
    actingCalls(api, parts);
    api.get('/api/v1/openapi.json', { config }, () => openApiDocument());
    api.get('/api/v1/events', { config }, (request, reply) =>
      parts.hub.open(request, reply, {
        reader: readerOf(request),
        mayRead: async () => (await recognize(request, parts)) !== null,
        read: async () => {
          // Without the instant, which alone is no change.
          const { at: _, ...overview } = viewOverview(await parts.readOverview());
          return { overview: new Html(JSON.stringify(overview)) };
        },
        tell: (event, text) => ({ event, data: JSON.parse(text) }),
      }),
    );
  });
}

/** No call, or none with this method. */
function refuseUnknown({ url, method }: FastifyRequest, reply: FastifyReply): never {
  const path = url.split('?')[0]?.replace(/^\/api\/v1/, '') ?? '';
  const methods = methodsOf(path);
  // With the right method it is an id too long to be one.
  if (methods.length === 0 || methods.includes(method))
    throw new Refusal(404, 'There is no such call. GET /api shows what there is.');
  reply.header('allow', methods.join(', '));
  throw new Refusal(405, `${method} is not for this; use ${methods.join(' or ')}.`);
}

function reportProblems(api: FastifyInstance, { deps }: ApiParts): void {
  api.setErrorHandler<FastifyError>((error, request, reply) => {
    const isRedisAway = isAway(error);
    const status = isRedisAway ? 503 : statusOf(error);
    if (status === 500) deps.logger.error({ err: error, route: request.routeOptions.url }, 'A call failed');
    const detail =
      isRedisAway && request.method !== 'GET'
        ? describeAway(error)
        : status === 500
          ? 'Something went wrong here. The log says more.'
          : error.message;
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    if (status === 503) reply.header('retry-after', '5');
    return reply.code(status).type('application/problem+json').send(problemOf(status, detail));
  });
}

/** Errors that name what the caller got wrong carry a code of ours. */
function statusOf(error: FastifyError): number {
  if (error.statusCode !== undefined) return error.statusCode;
  return ['BATCH', 'INPUT', 'model-unknown', 'column-missing', 'list-read-failed'].includes(error.code)
    ? 422
    : 500;
}

function define<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Answer extends z.ZodType,
  Body extends z.ZodType,
>(
  api: FastifyInstance,
  { deps, audit }: ApiParts,
  call: TypedCall<Params, Query, Answer, Body>,
  handle: (asked: Asked<z.output<Params>, z.output<Query>, z.output<Body>>) => Promise<z.input<Answer>>,
): void {
  const url = `/api/v1${call.path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
  api.route({
    method: call.method,
    url,
    config,
    handler: async (request) => {
      const viewer = viewerOf(request);
      if (call.role === 'operator') mustBeOperator(viewer);
      const asked = {
        params: parse(call.params, request.params),
        query: parse(call.query, request.query),
        request,
      };
      if (call.role === 'viewer')
        return readWithin(deps.redis, async () => handle({ ...asked, body: await bodyFor(call, {}) }));
      const entry = {
        who: viewer.name ?? 'local',
        address: request.ip,
        action: `${call.method} ${call.path}`,
        target: request.url.split('?')[0]?.split('/')[4] ?? '',
      };
      try {
        const body = await bodyFor(call, call.body === 'list' ? {} : await readJson(request));
        const answer = await actWithin(deps.redis, () => handle({ ...asked, body }));
        await audit.note({ ...entry, outcome: JSON.stringify(answer) });
        return answer;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        await audit.note({ ...entry, outcome: `failed: ${message}` });
        throw error;
      } finally {
        await readOff(request.body);
      }
    },
  });
}

/** A list has no fields: whoever takes it in reads it from the request. */
async function bodyFor<Body extends z.ZodType>(
  { body }: { readonly body: Body | 'list' },
  given: unknown,
): Promise<z.output<Body>> {
  return body === 'list' ? z.any().parse(given) : parse(body, given);
}

function readingCalls(api: FastifyInstance, parts: ApiParts): void {
  const { ledger, itemHistory } = parts.deps;
  define(api, parts, calls.overview, async () => viewOverview(await parts.readOverview()));
  define(api, parts, calls.models, async () => {
    const { models, clock } = parts.deps;
    return { models: models.list().map((model) => viewModel(model, clock.now())) };
  });
  define(api, parts, calls.batches, async ({ query: { cursor, limit } }) => {
    const names = (await ledger.batchNames()).reverse();
    const found = await Promise.all(names.slice(cursor, cursor + limit).map((name) => ledger.batch(name)));
    return {
      batches: found.filter((batch) => batch !== null).map(viewBatch),
      next: names.length > cursor + limit ? cursor + limit : null,
    };
  });
  define(api, parts, calls.batch, async ({ params }) => viewBatch(await batchOf(params.name, parts.deps)));
  define(api, parts, calls.foreseeRetry, async ({ params, query }) => {
    const { name, budget, creditsSpent } = await batchOf(params.name, parts.deps);
    const { links, ...forecast } = await parts.deps.operations.foreseeRetry(name, query);
    return { items: links, ...forecast, budget, creditsSpent };
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

function actingCalls(api: FastifyInstance, parts: ApiParts): void {
  const { deps } = parts;
  const { operations } = deps;
  const done = { done: true } as const;
  define(api, parts, calls.createBatch, ({ query, request }) => createBatch(query, request, deps));
  define(api, parts, calls.retryBatch, async ({ params, body }) => {
    const { name } = await batchOf(params.name, deps);
    const { budget, ...selection } = body;
    if (budget !== undefined) await operations.setBudget(name, budget);
    return { items: await operations.retry(name, selection) };
  });
  define(api, parts, calls.setBudget, async ({ params, body }) => {
    await operations.setBudget((await batchOf(params.name, deps)).name, body.credits);
    return done;
  });
  define(api, parts, calls.cancelBatch, async ({ params }) => {
    const { name } = await batchOf(params.name, deps);
    return { items: await operations.cancel(name) };
  });
  define(api, parts, calls.pauseBatch, async ({ params }) => {
    await operations.pause((await batchOf(params.name, deps)).name);
    return done;
  });
  define(api, parts, calls.resumeBatch, async ({ params }) => {
    await operations.resume((await batchOf(params.name, deps)).name);
    return done;
  });
  define(api, parts, calls.prioritizeBatch, async ({ params, body }) => {
    const { name } = await batchOf(params.name, deps);
    await operations.setPriority(name, body.priority);
    return done;
  });
  define(api, parts, calls.pauseAll, async () => {
    await operations.pauseAll();
    return done;
  });
  define(api, parts, calls.resumeAll, async () => {
    await operations.resumeAll();
    return done;
  });
  define(api, parts, calls.retryItem, async ({ params }) => {
    const { id } = await itemOf(params.id, deps);
    return { items: (await operations.retryItem(id)) ? 1 : 0 };
  });
  define(api, parts, calls.attachTask, async ({ params, body }) => {
    const { id } = await itemOf(params.id, deps);
    return { items: (await operations.attachTask(id, body.taskId)) ? 1 : 0 };
  });
  define(api, parts, calls.giveUpItem, async ({ params }) => {
    const { id } = await itemOf(params.id, deps);
    return { items: (await operations.giveUp(id)) ? 1 : 0 };
  });
}

async function createBatch(query: z.output<typeof createQuery>, request: FastifyRequest, deps: ServerDeps) {
  const { operations, models, clock, redis, prefix } = deps;
  const given = request.headers['idempotency-key'];
  const key = Array.isArray(given) ? given[0] : given;
  const { raw } = request;
  const contentType = mediaTypeOf(request);
  const extension = listExtensions[contentType];
  if (extension === undefined)
    throw new Refusal(
      415,
      `${contentType} is no list; send ${Object.keys(listExtensions).filter(Boolean).join(', ')}.`,
    );
  const body = bodyOf(request);
  const stopping = new AbortController();
  raw.once('aborted', () => stopping.abort());
  const invalidLines: InvalidEntry[] = [];
  const caller = viewerOf(request).name ?? '';
  return runOnce<z.output<typeof createdSchema>>(
    { redis, prefix, caller, key, request: request.url, body },
    async (chunks) => {
      const counts = await operations.create({
        batch:
          query.batch ??
          `api-${new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`,
        model: query.model ?? models.list()[0]?.id ?? '',
        listName: `body${extension}`,
        chunks,
        inputs: Object.fromEntries((query.set ?? []).map(splitSetting)),
        force: query.force === 'true',
        upload: query.upload === 'true',
        isPaused: query.paused === 'true',
        ...(query.budget === undefined ? {} : { budget: query.budget }),
        ...(query.priority === undefined ? {} : { priority: query.priority }),
        onInvalid: ({ line, text, reason }) => {
          if (invalidLines.length < invalidShown) invalidLines.push({ line, text, reason });
        },
        signal: stopping.signal,
      });
      const { batch, total, accepted, duplicates, alreadySaved, invalid, cost } = counts;
      return {
        batch,
        total,
        accepted,
        duplicates,
        alreadySaved,
        invalid,
        invalidLines,
        cost: viewCost(cost),
      };
    },
    (stored) => createdSchema.parse(stored),
  );
}

function splitSetting(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at).trim(), text.slice(at + 1)];
}

/** What the list's format is looked for by first; its first bytes have the last word. */
const listExtensions: Readonly<Record<string, string>> = {
  'text/plain': '.txt',
  'text/csv': '.csv',
  'text/tab-separated-values': '.tsv',
  'application/json': '.json',
  'application/x-ndjson': '.jsonl',
  'application/jsonl': '.jsonl',
  'application/gzip': '.txt',
  'application/octet-stream': '.txt',
  '': '.txt',
};

function mediaTypeOf({ headers }: FastifyRequest): string {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Whoever stops reading early leaves the connection open for the answer, and the rest for who reads on. */
function bodyOf({ body }: FastifyRequest): AsyncIterable<Uint8Array> {
  if (!(body instanceof Readable)) throw new Refusal(400, 'Send a list of links as the body.');
  return { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) };
}

/** Who answers while a body still comes keeps its connection busy, and some clients from hearing the answer. */
async function readOff(body: unknown): Promise<void> {
  if (!(body instanceof Readable)) return;
  const rest = body.iterator({ destroyOnReturn: false });
  // A body that breaks off takes its connection with it.
  while (!(await rest.next().catch(() => ({ done: true }))).done);
}

async function batchOf(name: string, { ledger }: ServerDeps) {
  const batch = await ledger.batch(name);
  if (batch === null) throw new Refusal(404, `There is no batch ${name}.`);
  return batch;
}

async function itemOf(id: string, { ledger }: ServerDeps) {
  const item = await ledger.item(id);
  if (item === null) throw new Refusal(404, `There is no item ${id}.`);
  return item;
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const read = schema.safeParse(value ?? {});
  if (read.success) return read.data;
  throw new Refusal(422, z.prettifyError(read.error));
}

/** An absent body is an empty one. */
async function readJson(request: FastifyRequest): Promise<unknown> {
  const { body } = request;
  if (!(body instanceof Readable)) return {};
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > mostJsonBytes) throw new Refusal(413, 'This body is too large.');
    chunks.push(bytes);
  }
  const text = Buffer.concat(chunks).toString();
  if (text.trim() === '') return {};
  const type = mediaTypeOf(request);
  if (type !== '' && type !== 'application/json')
    throw new Refusal(415, `Send the body as application/json, not as ${type}.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
}
