/** Who did what: the latest entries of the audit log, by name, action and target. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AuditFilter, AuditLog, WrittenAuditEntry } from '../../shared/audit/audit-log.ts';
import { viewerOf } from '../auth/guard.ts';
import { readWithin } from '../readings/remember.ts';
import type { ServerDeps } from '../server-deps.ts';
import { type Html, html } from './html.ts';
import { page } from './layout.ts';
import { moment } from './parts.ts';

const shown = 200;
const part = z
  .string()
  .trim()
  .max(100)
  .transform((text) => text || undefined)
  .optional()
  .catch(undefined);
const filterSchema = z.object({ who: part, action: part, target: part });

export function auditRoutes(scope: FastifyInstance, { redis }: ServerDeps, audit: AuditLog): void {
  scope.get('/audit', async (request, reply) => {
    const viewer = viewerOf(request);
    const filter = filterSchema.parse(request.query);
    const entries = await readWithin(redis, () => audit.latest(shown, filter));
    return reply
      .type('text/html; charset=utf-8')
      .send(page({ title: 'Audit log', viewer, section: '/audit', content: view(entries, filter) }));
  });
}

function view(entries: readonly WrittenAuditEntry[], filter: AuditFilter): Html {
  return html`<h1>Audit log</h1><form class="search" method="get" action="/audit" role="search">
<label>Batch, link or schedule<input name="target" value="${filter.target}" maxlength="100"></label>
<label>Who<input name="who" value="${filter.who}" maxlength="100"></label>
<label>Action<input name="action" value="${filter.action}" maxlength="100" placeholder="retry, cancel, pause …"></label>
<button class="primary">Search</button></form>${table(entries, filter)}`;
}

function table(entries: readonly WrittenAuditEntry[], filter: AuditFilter): Html {
  if (entries.length === 0) {
    const isFiltered = Object.values(filter).some((each) => each !== undefined);
    return html`<p class="card empty">${isFiltered ? 'No entry matches.' : 'No actions yet.'}</p>`;
  }
  const row = ({ at, who, address, action, target, outcome }: WrittenAuditEntry) =>
    html`<tr><td>${moment(at)}</td><td>${who} <span class="note">${address}</span></td><td>${action}</td><td class="break">${target}</td><td class="break">${outcome}</td></tr>`;
  return html`<section class="card"><div class="scroll" tabindex="0" role="region" aria-label="Audit log"><table><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">Action</th><th scope="col">Target</th><th scope="col">Result</th></tr></thead><tbody>${entries.map(row)}</tbody></table></div>${entries.length === shown ? html`<p class="note">The latest ${shown} that match.</p>` : null}</section>`;
}
