/** The cards of the overview: what failed, the gate, credits, storage, workers. Pure. */
import type { GateState } from '../../shared/gate-state/gate-state.ts';
import { type Batch, unfinished } from '../../shared/ledger/batch.ts';
import type { PresentWorker } from '../../shared/presence/worker-presence.ts';
import { creditsNeeded } from '../readings/credits-needed.ts';
import type { Overview } from '../readings/overview.ts';
import { type Html, html } from './html.ts';
import { ago, batchPath, bytes, count, duration, itemPath, moment, until } from './parts.ts';

function describeLimit({ max, windowMs }: GateState['limit']): string {
  return `${count(max)} per ${windowMs % 1000 === 0 ? `${windowMs / 1000} s` : `${Math.round(windowMs)} ms`}`;
}

export function failureList(batches: readonly Batch[]): Html {
  const rows = batches.flatMap(({ name, failures, counts }) =>
    Object.entries(failures).map(([reason, number]) => ({
      name,
      reason,
      number,
      isLive: unfinished(counts) > 0,
    })),
  );
  if (rows.length === 0) return html`<p class="empty">Nothing has failed.</p>`;
  rows.sort((a, b) => Number(b.isLive) - Number(a.isLive) || b.number - a.number);
  return html`<ul class="plain">${rows
    .slice(0, 8)
    .map(
      ({ name, reason, number, isLive }) =>
        html`<li><a href="${batchPath(name, `?state=failed&reason=${reason}`)}">${count(number)} ${reason}</a> <span class="note">in ${name}${isLive ? null : ', ended'}</span></li>`,
    )}</ul>`;
}

export function gateCard(gate: GateState | null, query: GateState | null, { at }: Overview): Html {
  if (gate === null) return html`<p class="empty">No request has been made yet.</p>`;
  const { limit, configured, usedSlots, openSlots, admitted, refused } = gate;
  const isAsConfigured = limit.max === configured.max && limit.windowMs === configured.windowMs;
  const share = Math.min(100, (usedSlots / Math.max(1, limit.max)) * 100);
  const paused =
    gate.pausedUntil !== null && gate.pausedUntil > at ? html`opens ${until(gate.pausedUntil)}` : html`no`;
  const refusals =
    admitted === 0 ? '0' : `${count(refused)} (${((refused / (admitted + refused)) * 100).toFixed(2)} %)`;
  return html`<p><strong>${count(usedSlots)} of ${count(limit.max)} slots</strong> in use, ${count(openSlots)} requests open</p>
<svg class="bar" role="img" aria-label="${count(usedSlots)} of ${count(limit.max)} slots in use" viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="fill-processing" x="0" y="0" width="${share.toFixed(1)}" height="10"></rect></svg>
<dl class="facts">
<dt>Limit</dt><dd>${describeLimit(limit)}${isAsConfigured ? ', as configured' : html`, learned (configured ${describeLimit(configured)})`}</dd>
<dt>Admitted</dt><dd>${count(admitted)}</dd>
<dt>Refused</dt><dd>${refusals}</dd>
<dt>Paused</dt><dd>${paused}</dd>
${isAsConfigured ? null : html`<dt>Next higher attempt</dt><dd>${gate.nextProbeAt !== null && gate.nextProbeAt > at ? until(gate.nextProbeAt) : '–'}</dd>`}
${gate.seemsShared ? html`<dt>Account</dt><dd>probably shared with another client</dd>` : null}
${query === null ? null : html`<dt>Status checks</dt><dd>${count(query.admitted)}</dd>`}
</dl>`;
}

export function creditsCard(overview: Overview): Html {
  const { credits } = overview;
  if (credits === null)
    return html`<p class="empty">Unknown: this process has no KIE_API_KEY, or is still waiting for the answer.</p>`;
  if (credits.credits === null)
    return html`<p class="empty">The vendor did not say (asked ${ago(credits.at)}).</p>`;
  const needed = creditsNeeded(overview);
  const { links, unpriced } = needed;
  const isShort = needed.credits > credits.credits;
  const waiting = `${count(links)} waiting ${links === 1 ? 'link' : 'links'}`;
  return html`<p><strong>${count(credits.credits)} credits</strong></p>
${links === 0 ? null : html`<p class="${isShort ? 'tone-bad' : ''}">${isShort ? 'Not enough' : 'Enough'} for the ${waiting}: about ${count(needed.credits)} by the price of their models.</p>`}
${unpriced === 0 ? null : html`<p>The price of ${count(unpriced)} more is not known before the first task.</p>`}
<p class="note">Asked ${ago(credits.at)}.</p>`;
}

export function storageCard({ storage }: Overview): Html {
  const free =
    storage.freeBytes === null
      ? html`<p>A bucket, without a known limit.</p>`
      : html`<p><strong>${bytes(storage.freeBytes)} free</strong></p>`;
  return html`${free}<p class="note break">${storage.name}</p>`;
}

const stageWords = { submit: 'submit', 'status-check': 'status', download: 'download' } as const;

export function workerTable(workers: readonly PresentWorker[]): Html {
  if (workers.length === 0)
    return html`<p class="empty">No worker is running. Start one with <code>kie-batch worker</code>.</p>`;
  const row = (worker: PresentWorker) => html`<tr>
<td>${worker.isAlive ? html`<span class="chip tone-good">alive</span>` : html`<span class="chip tone-bad">silent for ${duration(worker.saidMsAgo)}</span>`}</td>
<td>${worker.host} <span class="note">pid ${worker.pid}</span></td>
<td class="desk">${worker.stages.map((stage) => stageWords[stage]).join(', ')}</td>
<td class="desk">${moment(worker.startedAt)}</td>
<td>${heldWords(worker)}</td></tr>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Workers"><table><thead><tr><th scope="col">State</th><th scope="col">Host</th><th scope="col" class="desk">Stages</th><th scope="col" class="desk">Since</th><th scope="col">Holds</th></tr></thead><tbody>${workers.map(row)}</tbody></table></div>`;
}

function heldWords({ holding }: PresentWorker): Html {
  const ids = Object.entries(holding).flatMap(([stage, held]) => held.map((id) => ({ stage, id })));
  if (ids.length === 0) return html`nothing at present`;
  const shown = ids
    .slice(0, 3)
    .map(({ id }) => html`<a href="${itemPath(id)}"><code>${shortId(id)}</code></a> `);
  return html`${shown}${ids.length > 3 ? html`and ${ids.length - 3} more` : null}`;
}

export function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, 12)}…` : id;
}
