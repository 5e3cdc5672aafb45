/**
 * examples/api-calls.ts: the calls of the HTTP API as TypeScript, from the OpenAPI document alone, as a program that is
 * not ours would make it. No generator that is kept works with this TypeScript, which has no compiler API.
 */
import { z } from 'zod';
import { openApiDocument } from '../src/server/api/openapi.ts';

const schema = z.looseObject({
  $ref: z.string().optional(),
  type: z.string().or(z.array(z.string())).optional(),
  enum: z.array(z.json()).optional(),
  const: z.json().optional(),
  anyOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
});
const content = z.record(z.string(), z.object({ schema: z.unknown() }));
const operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  parameters: z.array(
    z.object({ name: z.string(), in: z.string(), required: z.boolean(), schema: z.unknown().optional() }),
  ),
  requestBody: z.object({ content, required: z.boolean().optional() }).optional(),
  responses: z.record(z.string(), z.object({ content: content.optional() })),
});
type Operation = z.infer<typeof operation>;
const document = z.object({ paths: z.record(z.string(), z.record(z.string(), operation)) });

export function apiCallsDocument(): string {
  const calls = Object.entries(document.parse(openApiDocument()).paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { responses }]) => answerOf(responses) !== undefined)
      .map(([method, call]) => ({ path, method: method.toUpperCase(), call })),
  );
  return `/** The calls of the HTTP API, from \`GET /api/v1/openapi.json\`. Written by \`npm run docs\`. */

export interface Calls {
${calls.map(({ call }) => typeOfCall(call)).join('\n')}
}

/** The method and the address of each call. */
export const addresses: Readonly<Record<keyof Calls, readonly [method: string, path: string]>> = {
${calls.map(({ path, method, call }) => `  ${call.operationId}: ['${method}', '${path}'],`).join('\n')}
};
`;
}

function answerOf(responses: Operation['responses']): unknown {
  return responses['200']?.content?.['application/json']?.schema;
}

function typeOfCall({ operationId, summary, parameters, requestBody, responses }: Operation): string {
  const ofPlace = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const places = [
    ['params', ofPlace('path')],
    ['query', ofPlace('query')],
    ['headers', ofPlace('header')],
  ] as const;
  const given = places
    .filter(([, fields]) => fields.length > 0)
    .map(
      ([place, fields]) => `${place}${mark(fields.some(({ required }) => required))}: ${objectOf(fields)}`,
    );
  const body = requestBody?.content['application/json'] ?? Object.values(requestBody?.content ?? {})[0];
  const isList = requestBody !== undefined && 'text/plain' in requestBody.content;
  if (body !== undefined) given.push(`body${mark(isList)}: ${isList ? 'string' : typeOf(body.schema)}`);
  return `  /** ${summary}. */
  ${operationId}: { given: { ${given.join('; ')} }; answer: ${typeOf(answerOf(responses))} };`;
}

interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly schema?: unknown;
}

function objectOf(fields: readonly Field[]): string {
  const lines = fields.map((field) => property(field.name, field.required, field.schema));
  return `{ ${lines.join('; ')} }`;
}

function property(name: string, isRequired: boolean, of: unknown): string {
  const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
  return `${key}${mark(isRequired)}: ${typeOf(of)}${isRequired ? '' : ' | undefined'}`;
}

function mark(isRequired: boolean): string {
  return isRequired ? '' : '?';
}

function typeOf(given: unknown): string {
  const read = schema.safeParse(given);
  if (!read.success) return 'unknown';
  const { $ref: reference, type, enum: values, anyOf, items, properties, additionalProperties } = read.data;
  if (reference !== undefined) return 'unknown';
  if (read.data.const !== undefined) return JSON.stringify(read.data.const);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' | ');
  if (Array.isArray(type)) return type.map((each) => typeOf({ ...read.data, type: each })).join(' | ');
  switch (type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'array':
      return `readonly (${typeOf(items)})[]`;
    case 'object':
      if (properties !== undefined && Object.keys(properties).length > 0)
        return objectOf(
          Object.entries(properties).map(([name, of]) => ({
            name,
            required: (read.data.required ?? []).includes(name),
            schema: of,
          })),
        );
      return `Readonly<Record<string, ${additionalProperties === undefined ? 'unknown' : typeOf(additionalProperties)}>>`;
    default:
      return 'unknown';
  }
}
