/**
 * The overview: what is running, how fast, until when, what failed and why, and what stops it, in the order in
 * which the person on call needs it. Pure.
 */
import type { GateState } from '../../shared/gate-state/gate-state.ts';
import { haltAdvice } from '../../shared/gate-state/halt-advice.ts';
import type { Halt } from '../../shared/gate-state/halts.ts';
import { type Batch, totalOf, unfinished } from '../../shared/ledger/batch.ts';
import type { PresentWorker } from '../../shared/presence/worker-presence.ts';
import type { Overview } from '../readings/overview.ts';
import { etaMs } from '../readings/rates.ts';
import { type Html, html } from './html.ts';
import {
  ago,
  barLegend,
  batchPath,
  bytes,
  count,
  duration,
  itemPath,
  live,
  moment,
  progressBar,
  roughly,
  since,
  tiles,
  until,
} from './parts.ts';

const batchesShown = 8;

export type Fragments = Readonly<Record<string, Html>>;

export function overviewFragments(overview: Overview): Fragments {
  return {
    halts: haltCards(overview.halts),
    headline: headline(overview),
    tiles: stateTiles(overview),
    batches: batchList(overview.batches.slice(0, batchesShown), overview.batchCount),
    failures: failureList(overview.batches),
    gate: gateCard(overview.submitGate, overview.queryGate, overview),
    credits: creditsCard(overview),
    storage: storageCard(overview),
    workers: workerTable(overview.workers),
  };
}

export function overviewPage(fragments: Fragments): Html {
  const part = (id: string) => live(id, fragments[id] ?? html``);
  const card = (title: string, id: string, wide = false) =>
    html`<section class="card${wide ? ' wide' : ''}"><h2>${title}</h2>${part(id)}</section>`;
  return html`<h1 class="sr">Overview</h1>
${part('halts')}
${part('headline')}
${part('tiles')}
<div class="charts">
<section class="card"><h2>Throughput against the limit</h2><div class="chart" data-chart="throughput" role="img" aria-label="Tasks submitted and videos saved in ten seconds against the limit, over the last 15 minutes"></div></section>
<section class="card"><h2>Links under way</h2><div class="chart" data-chart="depths" role="img" aria-label="Waiting links, tasks at the vendor and downloads over the last 15 minutes"></div></section>
<section class="card"><h2>Age of the oldest waiting link</h2><div class="chart" data-chart="age" role="img" aria-label="Age of the oldest waiting link over the last 15 minutes"></div></section>
</div>
<div class="grid">
${card('Batches', 'batches', true)}
${card('What failed, and why', 'failures')}
${card('Submit gate', 'gate')}
<div class="pile">${card('Credits', 'credits')}${card('Storage', 'storage')}</div>
${card('Workers', 'workers', true)}
</div>`;
}

export function haltCards(halts: readonly Halt[]): Html {
  return html`${halts.map(
    (halt) => html`<section class="halt" role="alert"><h2>Halted: ${halt.reason}${
      halt.model === null ? null : html` <small>(${halt.model})</small>`
    }</h2>
<p class="advice">${sentence(haltAdvice[halt.reason])}</p>
<p>The vendor says: <q>${halt.message}</q></p>
<p class="note">For ${since(halt.since)}; asked again ${until(halt.nextProbeAt)}. It ends by itself, and no link is at fault or lost.</p></section>`,
  )}`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** The one sentence to read when there is time for one. */
function headline(overview: Overview): Html {
  const { tone, words } = situation(overview);
  return html`<p class="headline tone-${tone}">${words}</p>`;
}

export interface Situation {
  readonly tone: 'good' | 'bad' | 'warn' | 'idle';
  readonly words: string;
}

export function situation(overview: Overview): Situation {
  const { counts, halts, workers, submitGate, rates, isPaused, at } = overview;
  const left = unfinished(counts);
  const toGo = `${count(left)} ${left === 1 ? 'link' : 'links'} to go`;
  const hasWorker = workers.some(({ isAlive }) => isAlive);
  if (halts.length > 0) {
    const reasons = halts.map(({ reason }) => reason).join(', ');
    const unwatched = hasWorker ? '' : ' No worker is alive to notice when it ends.';
    return { tone: 'bad', words: `Stopped by ${reasons}: ${toGo}, none of them lost.${unwatched}` };
  }
  if (isPaused) return { tone: 'warn', words: `Paused by a person: ${toGo}.` };
  if (left === 0) return { tone: 'idle', words: describeRest(counts) };
  if (!hasWorker)
    return {
      tone: 'bad',
      words: `Nobody is working: ${toGo}, and no worker is alive. Start one with kie-batch worker.`,
    };
  const eta = etaMs(left, rates, submitGate);
  const when = eta === null ? '' : `, done in ${roughly(eta)}`;
  if (submitGate?.pausedUntil && submitGate.pausedUntil > at)
    return { tone: 'warn', words: `The vendor asked for a pause; it goes on by itself: ${toGo}${when}.` };
  const speed =
    rates === null || submitGate === null
      ? 'Running'
      : `Running at ${speedWords(rates.admittedPer10s, submitGate)} new tasks per 10 s`;
  return { tone: 'good', words: `${speed}: ${toGo}${when}.` };
}

function describeRest({ saved, failed, held }: Overview['counts']): string {
  if (saved + failed + held === 0)
    return 'Nothing to do yet. Put links in with New batch, or kie-batch run links.txt.';
  const rest = [
    failed > 0 && `${count(failed)} failed`,
    held > 0 && `${count(held)} held for a person`,
  ].filter(Boolean);
  return `Nothing waits: ${count(saved)} saved${rest.length > 0 ? `, ${rest.join(', ')}` : ''}.`;
}

/** Samples and windows do not begin together, so what was measured can seem to be above the limit: it never is. */
function speedWords(measured: number, { limit }: GateState): string {
  const most = Math.round((limit.max / limit.windowMs) * 100_000) / 10;
  return `${Math.min(measured, most).toFixed(1)} of ${most}`;
}

export function describeLimit({ max, windowMs }: GateState['limit']): string {
  return `${count(max)} per ${windowMs % 1000 === 0 ? `${windowMs / 1000} s` : `${Math.round(windowMs)} ms`}`;
}

function stateTiles({ counts, oldest, rates }: Overview): Html {
  return tiles([
    {
      label: 'Waiting',
      value: count(counts.queued),
      note: oldest.queuedAt === null ? 'none' : html`oldest ${since(oldest.queuedAt)}`,
    },
    {
      label: 'At the vendor',
      value: count(counts.submitting + counts.processing),
      note: oldest.submittedAt === null ? 'none' : html`oldest ${since(oldest.submittedAt)}`,
    },
    {
      label: 'Downloading',
      value: count(counts.downloading),
      note: oldest.completedAt === null ? 'none' : html`oldest ${since(oldest.completedAt)}`,
    },
    {
      label: 'Saved',
      value: count(counts.saved),
      note: rates === null ? 'of all batches' : `${rates.savedPerMinute.toFixed(1)} a minute`,
      tone: 'good',
    },
    {
      label: 'Failed',
      value: count(counts.failed),
      note: counts.failed === 0 ? 'none' : 'see below',
      ...(counts.failed > 0 ? { tone: 'bad' as const } : {}),
    },
    {
      label: 'Held',
      value: count(counts.held),
      note: counts.held === 0 ? 'none' : 'waits for a person',
      ...(counts.held > 0 ? { tone: 'warn' as const } : {}),
    },
  ]);
}

export function batchList(batches: readonly Batch[], total: number): Html {
  if (batches.length === 0) return html`<p class="empty">No batches yet.</p>`;
  const rows = batches.map(
    (batch) =>
      html`<li><div class="row"><a href="${batchPath(batch.name)}"><strong>${batch.name}</strong></a><span class="note">${progressWords(batch)}</span></div>${progressBar(batch)}${barLegend(batch.counts)}</li>`,
  );
  const more =
    total > batches.length ? html`<p><a href="/batches">All ${count(total)} batches</a></p>` : null;
  return html`<ul class="batches">${rows}</ul>${more}`;
}

export function progressWords({ counts }: Batch): string {
  const total = totalOf(counts);
  const left = unfinished(counts);
  if (total === 0) return 'empty';
  if (left === 0) return `ended, ${count(total)} ${total === 1 ? 'link' : 'links'}`;
  return `${count(total - left)} of ${count(total)} (${Math.floor(((total - left) / total) * 100)} %)`;
}

function failureList(batches: readonly Batch[]): Html {
  const rows = batches.flatMap(({ name, failures }) =>
    Object.entries(failures).map(([reason, number]) => ({ name, reason, number })),
  );
  if (rows.length === 0) return html`<p class="empty">Nothing has failed.</p>`;
  rows.sort((a, b) => b.number - a.number);
  return html`<ul class="plain">${rows
    .slice(0, 8)
    .map(
      ({ name, reason, number }) =>
        html`<li><a href="${batchPath(name, `?state=failed&reason=${reason}`)}">${count(number)} ${reason}</a> <span class="note">in ${name}</span></li>`,
    )}</ul>`;
}

function gateCard(gate: GateState | null, query: GateState | null, { at }: Overview): Html {
  if (gate === null) return html`<p class="empty">No request has been made yet.</p>`;
  const { limit, configured, usedSlots, openSlots, admitted, refused } = gate;
  const learned = limit.max === configured.max && limit.windowMs === configured.windowMs;
  const share = Math.min(100, (usedSlots / Math.max(1, limit.max)) * 100);
  const paused =
    gate.pausedUntil !== null && gate.pausedUntil > at ? until(gate.pausedUntil) : html`not paused`;
  const refusals =
    admitted === 0 ? '0' : `${count(refused)} (${((refused / (admitted + refused)) * 100).toFixed(2)} %)`;
  return html`<p><strong>${count(usedSlots)} of ${count(limit.max)} slots</strong> in use, ${count(openSlots)} on their way</p>
<svg class="bar" role="img" aria-label="${count(usedSlots)} of ${count(limit.max)} slots in use" viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="fill-processing" x="0" y="0" width="${share.toFixed(1)}" height="10"></rect></svg>
<dl class="facts">
<dt>Limit</dt><dd>${describeLimit(limit)}${learned ? ', as configured' : html`, learned (configured ${describeLimit(configured)})`}</dd>
<dt>Admitted</dt><dd>${count(admitted)}</dd>
<dt>Refused</dt><dd>${refusals}</dd>
<dt>Paused until</dt><dd>${paused}</dd>
<dt>Next try beyond</dt><dd>${gate.nextProbeAt !== null && gate.nextProbeAt > at ? until(gate.nextProbeAt) : '–'}</dd>
${gate.seemsShared ? html`<dt>Account</dt><dd>somebody else seems to use it too</dd>` : null}
${query === null ? null : html`<dt>Status checks</dt><dd>${count(query.admitted)} so far, ${count(query.usedSlots)} slots in use</dd>`}
</dl>`;
}

function creditsCard({ credits, creditsPerTask, counts }: Overview): Html {
  if (credits === null)
    return html`<p class="empty">Not known here: this process has no KIE_API_KEY, or is still asking.</p>`;
  if (credits.credits === null)
    return html`<p class="empty">The vendor did not say (asked ${ago(credits.at)}).</p>`;
  const links = creditsPerTask > 0 ? Math.floor(credits.credits / creditsPerTask) : null;
  const missing = links === null ? 0 : Math.max(0, counts.queued - links);
  return html`<p><strong>${count(credits.credits)} credits</strong></p>
${links === null ? null : html`<p>Enough for ${count(links)} more ${links === 1 ? 'link' : 'links'} at ${creditsPerTask} each.</p>`}
${missing > 0 ? html`<p class="tone-bad">${count(missing)} of the waiting links are not covered.</p>` : null}
<p class="note">Asked ${ago(credits.at)}.</p>`;
}

function storageCard({ storage }: Overview): Html {
  const free =
    storage.freeBytes === null
      ? html`<p>No bound is known.</p>`
      : html`<p><strong>${bytes(storage.freeBytes)} free</strong></p>`;
  return html`${free}<p class="note break">${storage.name}</p>`;
}

const stageWords = { submit: 'submit', 'status-check': 'status', download: 'download' } as const;

export function workerTable(workers: readonly PresentWorker[]): Html {
  if (workers.length === 0)
    return html`<p class="empty">No worker has been seen in the last ten minutes. Start one with <code>kie-batch worker</code>.</p>`;
  const row = (worker: PresentWorker) => html`<tr>
<td>${worker.isAlive ? html`<span class="chip tone-good">alive</span>` : html`<span class="chip tone-bad">silent for ${duration(worker.saidMsAgo)}</span>`}</td>
<td>${worker.host} <span class="note">pid ${worker.pid}</span></td>
<td>${worker.stages.map((stage) => stageWords[stage]).join(', ')}</td>
<td>${moment(worker.startedAt)}</td>
<td>${heldWords(worker)}</td></tr>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr><th scope="col">State</th><th scope="col">Host</th><th scope="col">Stages</th><th scope="col">Since</th><th scope="col">Holds</th></tr></thead><tbody>${workers.map(row)}</tbody></table></div>`;
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
