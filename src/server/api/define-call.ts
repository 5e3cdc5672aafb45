/**
 * Turns a call of the table into a route: role, validation by its schemas, the response or a problem, and the audit log
 * for changes.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../shared/audit/audit-log.ts';
import { type GuardParts, mustBeOperator, Refusal, viewerOf } from '../auth/guard.ts';
import type { LiveHub } from '../dashboard/live.ts';
import type { Overview } from '../readings/overview.ts';
import { actWithin, readWithin } from '../readings/remember.ts';
import type { ServerDeps } from '../server-deps.ts';

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
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
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

const mostJsonBytes = 64 * 1024;
/** Marks a route of the API for the guard. */
export const config = { isApi: true } as const;

export function define<
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

/** A list has no fields: the handler reads it from the request. */
async function bodyFor<Body extends z.ZodType>(
  { body }: { readonly body: Body | 'list' },
  given: unknown,
): Promise<z.output<Body>> {
  return body === 'list' ? z.any().parse(given) : parse(body, given);
}

export async function batchOf(name: string, { ledger }: ServerDeps) {
  const batch = await ledger.batch(name);
  if (batch === null) throw new Refusal(404, `There is no batch ${name}.`);
  return batch;
}

export async function itemOf(id: string, { ledger }: ServerDeps) {
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

export function mediaTypeOf({ headers }: FastifyRequest): string {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** An answer before the body has ended keeps the connection busy, and some clients do not read it. */
async function readOff(body: unknown): Promise<void> {
  if (!(body instanceof Readable)) return;
  const rest = body.iterator({ destroyOnReturn: false });
  // A broken body ends its connection.
  while (!(await rest.next().catch(() => ({ done: true }))).done);
}
