/** The OpenAPI document, made from the table of calls and its zod schemas. Pure. */
import { z } from 'zod';
import { type Call, calls, noBody } from './calls.ts';
import { problemSchema } from './problem.ts';
import { nameParams } from './schemas.ts';

const listTypes = ['text/plain', 'text/csv', 'application/json', 'application/x-ndjson'];

const problem = {
  description: 'What went wrong',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

type Json = z.core.JSONSchema.BaseSchema;

export function openApiDocument(): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, call] of Object.entries(calls)) {
    const path = `/api/v1${call.path}`;
    paths[path] = { ...paths[path], [call.method.toLowerCase()]: operation(name, call) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'kie-batch',
      version: '1',
      description:
        'Enqueue, follow and control batches of video links. `GET /api/v1/events` streams the overview as server-sent events whenever it changes.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
    },
    paths: {
      ...paths,
      '/api/v1/events': { get: stream('events', 'overview', 'The overview', []) },
      '/api/v1/batches/{name}/events': {
        get: stream('batchEvents', 'batch', 'A batch', parametersOf(nameParams, 'path')),
      },
    },
  };
}

/** A stream, so it is not in the table of calls. */
function stream(operationId: string, event: string, what: string, parameters: Record<string, unknown>[]) {
  return {
    operationId,
    summary: `${what} as server-sent events, whenever it changes`,
    description: `Open to viewers. An event \`${event}\` carries it as JSON; \`connection\` shows whether Redis answers.`,
    parameters,
    responses: {
      200: { description: 'A stream', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      default: problem,
    },
  };
}

function operation(name: string, call: Call): Record<string, unknown> {
  const body = bodyOf(call.body);
  return {
    operationId: name,
    summary: call.summary,
    description: call.role === 'operator' ? 'Needs the role of an operator.' : 'Open to viewers.',
    parameters: [
      ...parametersOf(call.params, 'path'),
      ...parametersOf(call.query, 'query'),
      ...idempotency(call),
    ],
    ...(body === null ? {} : { requestBody: body }),
    responses: {
      200: {
        description: 'Done',
        content: { 'application/json': { schema: schemaOf(call.answer, 'output') } },
      },
      default: problem,
    },
  };
}

function bodyOf(body: Call['body']): Record<string, unknown> | null {
  if (body === noBody) return null;
  if (body !== 'list') return { content: { 'application/json': { schema: schemaOf(body, 'input') } } };
  const content = Object.fromEntries(listTypes.map((type) => [type, { schema: { type: 'string' } }]));
  return { required: true, description: 'Of any length; it is streamed.', content };
}

function parametersOf(schema: z.ZodObject, place: 'path' | 'query'): Record<string, unknown>[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const json = schemaOf(z.object({ field }), 'input');
    const described = json.properties?.['field'];
    const required = place === 'path' || (json.required ?? []).includes('field');
    const description = typeof described === 'object' ? described.description : undefined;
    return { name, in: place, required, schema: described ?? {}, ...(description ? { description } : {}) };
  });
}

function idempotency(call: Call): Record<string, unknown>[] {
  if (call.body !== 'list') return [];
  const description = 'Any text of at most 200 characters; a repeat within 24 hours gets the first answer.';
  return [
    { name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string' }, description },
  ];
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
  });
  return json;
}
