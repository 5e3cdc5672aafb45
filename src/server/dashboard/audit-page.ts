/** Who did what: the latest entries of the audit log. */
import type { FastifyInstance } from 'fastify';
import type { AuditLog, WrittenAuditEntry } from '../auth/audit-log.ts';
import { viewerOf } from '../auth/guard.ts';
import { readWithin } from '../readings/remember.ts';
import type { ServerDeps } from '../server-deps.ts';
import { type Html, html } from './html.ts';
import { page } from './layout.ts';
import { moment } from './parts.ts';

const shown = 200;

export function auditRoutes(scope: FastifyInstance, { redis }: ServerDeps, audit: AuditLog): void {
  scope.get('/audit', async (request, reply) => {
    const viewer = viewerOf(request);
    const entries = await readWithin(redis, () => audit.latest(shown));
    return reply
      .type('text/html; charset=utf-8')
      .send(page({ title: 'Audit log', viewer, section: '/audit', content: view(entries) }));
  });
}

function view(entries: readonly WrittenAuditEntry[]): Html {
  if (entries.length === 0)
    return html`<h1>Audit log</h1><p class="card empty">Nobody has done anything yet.</p>`;
  const row = ({ at, who, address, action, target, outcome }: WrittenAuditEntry) =>
    html`<tr><td>${moment(at)}</td><td>${who} <span class="note">${address}</span></td><td>${action}</td><td class="break">${target}</td><td class="break">${outcome}</td></tr>`;
  return html`<h1>Audit log</h1><section class="card"><div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">To what</th><th scope="col">What came of it</th></tr></thead><tbody>${entries.map(row)}</tbody></table></div></section>`;
}
