/**
 * The HTTP API `/api/v1`: thin routes from the table of calls to the ledger and the operations. Bodies with lists are
 * streamed; every change is written to the audit log; errors are problem+json.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../shared/explained-error.ts';
import { Refusal, readerOf, recognize } from '../auth/guard.ts';
import { Html } from '../dashboard/html.ts';
import { faultOfSender } from '../fault-of-request.ts';
import { describeAway, isAway, readWithin } from '../readings/remember.ts';
import { actingCalls } from './acting-calls.ts';
import { methodsOf } from './calls.ts';
import { type ApiParts, batchOf, config } from './define-call.ts';
import { openApiDocument } from './openapi.ts';
import { problemOf } from './problem.ts';
import { readingCalls } from './reading-calls.ts';
import { scheduleCalls } from './schedule-calls.ts';
import { nameParams } from './schemas.ts';
import { viewBatch, viewOverview } from './views.ts';

export async function apiRoutes(scope: FastifyInstance, parts: ApiParts): Promise<void> {
  await scope.register(async (api) => {
    reportProblems(api, parts);
    // Lists of any length are streamed; only calls with a small body read it completely.
    api.removeAllContentTypeParsers();
    api.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    api.all('/api/*', { config }, (request, reply) => refuseUnknown(request, reply));
    readingCalls(api, parts);
    actingCalls(api, parts);
    scheduleCalls(api, parts);
    api.get('/api/v1/openapi.json', { config }, () => openApiDocument());
    streams(api, parts);
  });
}

/** Server-sent events, each with the whole state: a client that reconnects has missed nothing. */
function streams(api: FastifyInstance, parts: ApiParts): void {
  const { deps, hub, readOverview } = parts;
  const open = (request: FastifyRequest, reply: FastifyReply, name: string, read: () => Promise<unknown>) =>
    hub.open(request, reply, {
      reader: readerOf(request),
      mayRead: async () => (await recognize(request, parts)) !== null,
      read: async () => ({ [name]: new Html(JSON.stringify(await read())) }),
      tell: (event, text) => ({ event, data: JSON.parse(text) }),
    });
  api.get('/api/v1/events', { config }, (request, reply) =>
    open(request, reply, 'overview', async () => {
      // The time alone is not a change.
      const { at: _, ...overview } = viewOverview(await readOverview());
      return overview;
    }),
  );
  api.get('/api/v1/batches/:name/events', { config }, async (request, reply) => {
    const given = nameParams.safeParse(request.params);
    if (!given.success) throw new Refusal(404, 'There is no such batch.');
    const { name } = given.data;
    await readWithin(deps.redis, () => batchOf(name, deps));
    open(request, reply, 'batch', async () => viewBatch(await batchOf(name, deps), await readOverview()));
  });
}

/** No call, or none with this method. */
function refuseUnknown({ url, method }: FastifyRequest, reply: FastifyReply): never {
  const path = url.split('?')[0]?.replace(/^\/api\/v1/, '') ?? '';
  const methods = methodsOf(path);
  // The method is right, so the id is too long to be one.
  if (methods.length === 0 || methods.includes(method))
    throw new Refusal(404, 'There is no such call. See GET /api.');
  reply.header('allow', methods.join(', '));
  throw new Refusal(405, `${method} is not allowed here; use ${methods.join(' or ')}.`);
}

function reportProblems(api: FastifyInstance, { deps }: ApiParts): void {
  api.setErrorHandler<FastifyError>((error, request, reply) => {
    const isRedisAway = isAway(error);
    const fault = isRedisAway ? null : faultOfSender(error, request);
    const status = isRedisAway ? 503 : fault === null ? statusOf(error) : 400;
    if (status === 500) deps.logger.error({ err: error, route: request.routeOptions.url }, 'A call failed');
    const detail =
      isRedisAway && request.method !== 'GET'
        ? describeAway(error)
        : status === 500
          ? 'An internal error occurred. See the log.'
          : (fault ?? error.message);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    if (status === 503) reply.header('retry-after', '5');
    return reply.code(status).type('application/problem+json').send(problemOf(status, detail));
  });
}

function statusOf(error: FastifyError): number {
  return error.statusCode ?? (error instanceof RequestError ? 422 : 500);
}
