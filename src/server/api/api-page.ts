/** The API to read: every call with its parameters, its shapes and a line to try it with. Made from the document. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { viewerOf } from '../auth/guard.ts';
import { type Html, html } from '../dashboard/html.ts';
import { page } from '../dashboard/layout.ts';
import { type Call, calls, noBody } from './calls.ts';

export function apiPageRoutes(scope: FastifyInstance): void {
  scope.get('/api', (request, reply) => {
    const viewer = viewerOf(request);
    const base = `${request.protocol}://${request.headers.host ?? 'localhost'}`;
    return reply
      .type('text/html; charset=utf-8')
      .send(page({ title: 'API', viewer, section: '/api', content: view(base) }));
  });
}

function view(base: string): Html {
  return html`<h1>API</h1>
<section class="card"><p>Requests and responses are JSON; lists are sent as text, CSV, JSON or JSONL of any length. Errors are <code>application/problem+json</code>. Send <code>Authorization: Bearer TOKEN</code> where this server asks for credentials; tokens are set with <code>API_TOKENS</code>.</p>
<p>As a document for generators: <a href="/api/v1/openapi.json">OpenAPI 3.1</a>. Live: <code>GET /api/v1/events</code> streams the overview, and <code>GET /api/v1/batches/NAME/events</code> a batch, as server-sent events.</p></section>
${Object.entries(calls).map(([name, call]) => section(name, call, base))}`;
}

function section(name: string, call: Call, base: string): Html {
  const path = `/api/v1${call.path}`;
  const body = call.body === noBody ? null : call.body === 'list' ? 'a list of links' : shape(call.body);
  return html`<section class="card" id="${name}"><h2><span class="chip">${call.method}</span> <code>${path}</code></h2>
<p>${call.summary}.${call.role === 'operator' ? html` <span class="note">Needs an operator.</span>` : null}</p>
${parameters(call)}
<pre tabindex="0">${example(call, `${base}${path}`)}</pre>
<details id="${name}-shape"><summary>Request and response</summary>${
    body === null ? null : html`<h3>Body</h3><pre tabindex="0">${body}</pre>`
  }<h3>Response</h3><pre tabindex="0">${shape(call.answer)}</pre></details></section>`;
}

function parameters({ params, query }: Call): Html | null {
  const fields = Object.entries({ ...params.shape, ...query.shape });
  if (fields.length === 0) return null;
  const row = ([name, field]: [string, z.core.$ZodType]) => {
    const json = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' });
    const kind = json.enum === undefined ? (json.type ?? '') : json.enum.join(', ');
    return html`<dt><code>${name}</code></dt><dd>${kind}${json.description === undefined ? null : html` <span class="note">${json.description}</span>`}</dd>`;
  };
  return html`<dl class="facts">${fields.map(row)}</dl>`;
}

function example({ method, body }: Call, url: string): string {
  if (body === 'list')
    return `curl --data-binary @links.txt -H 'content-type: text/plain' '${url}?batch=summer'`;
  const verb = method === 'GET' || (method === 'POST' && body !== noBody) ? '' : ` -X ${method}`;
  return body === noBody ? `curl${verb} '${url}'` : `curl${verb} --json '{}' '${url}'`;
}

function shape(schema: z.ZodType): string {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { unrepresentable: 'any' });
  return JSON.stringify(json, null, 2);
}
