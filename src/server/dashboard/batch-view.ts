/**
 * One batch: how far, how fast, until when, what failed in groups to act on, and its items to search. Pure.
 */

import { batchSituation } from '../../shared/gate-state/outlook.ts';
import type { Situation } from '../../shared/gate-state/situation.ts';
import { type Batch, totalOf, unfinished } from '../../shared/ledger/batch.ts';
import type { Item } from '../../shared/ledger/item.ts';
import type { FailureGroup, FailureGroups } from '../../shared/ledger/search/failure-groups.ts';
import type { ItemPage } from '../../shared/ledger/search/item-pages.ts';
import { describeDearer } from '../../shared/wording/dearer.ts';
import { roughly } from '../../shared/wording/format.ts';
import { explain } from '../../shared/wording/situation-words.ts';
import type { Overview } from '../readings/overview.ts';
import { linksSection, linkTable } from './batch-links-view.ts';
import type { ItemQuery } from './batch-query.ts';
import type { BatchSpeed } from './batches-view.ts';
import { gallery } from './gallery-view.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import { type Fragments, haltCards } from './overview-view.ts';
import {
  actionButton,
  ago,
  barLegend,
  batchPath,
  bytes,
  count,
  itemPath,
  live,
  progressBar,
  questionLink,
  rate,
  tiles,
} from './parts.ts';

export interface BatchReading extends BatchSpeed {
  readonly batch: Batch;
  readonly overview: Overview;
  readonly failures: FailureGroups;
  readonly items: ItemPage;
  /** The first of those that wait for a person. */
  readonly held: readonly Item[];
  readonly query: ItemQuery;
}

export function batchFragments(reading: BatchReading, viewer: Viewer): Fragments {
  return {
    halts: haltCards(haltsOf(reading)),
    held: heldLinks(reading, viewer),
    summary: summary(reading),
    actions: viewer.role === 'operator' ? actions(reading, viewer) : html``,
    groups: failureGroups(reading, viewer),
    items: reading.query.view === 'gallery' ? gallery(reading) : linkTable(reading),
  };
}

export function batchPage(reading: BatchReading, fragments: Fragments): Html {
  const { batch, query } = reading;
  const part = (id: string) => live(id, fragments[id] ?? html``);
  return html`<div class="title"><hgroup><h1 class="break">${batch.name}</h1><p class="note">${batch.model}, created ${ago(batch.createdAt)}</p></hgroup>${part('actions')}</div>
${part('halts')}
${part('summary')}
${part('held')}
<section class="card"><h2>Failures</h2>${part('groups')}</section>
<section class="card"><h2>Over time</h2><div class="chart" data-chart="batch" role="img" aria-label="Links of this batch: waiting, at the vendor, saved and failed"></div></section>
${linksSection(batch, query, part('items'))}`;
}

function haltsOf({ batch, overview }: BatchReading) {
  return overview.halts.filter(({ model }) => model === null || model === batch.model);
}

function summary({ batch, etaMs, rates, overview }: BatchReading): Html {
  const { counts } = batch;
  const left = unfinished(counts) + counts.held;
  const total = totalOf(counts);
  const situation = batchSituation(batch, overview);
  const { tone, why } = explain(situation, overview.at, batch.name);
  const isTold = situation.kind === 'running' || situation.kind === 'ended' || situation.kind === 'empty';
  const dearer = describeDearer(batch);
  return html`${dearer === null ? null : html`<p class="error" role="alert">${dearer}</p>`}${isTold ? null : html`<div class="headline tone-${tone}"><p>${why}</p></div>`}<div>${progressBar(batch)}${barLegend(counts, (state) => batchPath(batch.name, `?state=${state}#items`))}</div>
${tiles([
  {
    label: 'Done',
    value: total === 0 ? '–' : `${Math.floor(((total - left) / total) * 100)} %`,
    note: `${count(total - left)} of ${count(total)}`,
  },
  { label: 'To go', value: count(left), note: whenWords(situation, etaMs, counts.held) },
  {
    label: 'Saved',
    value: count(counts.saved),
    note:
      rates === null ? bytes(batch.bytes) : `${bytes(batch.bytes)}, ${rate(rates.savedPerMinute)} a minute`,
    tone: 'good',
  },
  {
    label: 'Failed',
    value: count(counts.failed),
    note: counts.held > 0 ? `${count(counts.held)} held` : counts.failed > 0 ? 'with a reason each' : 'none',
    ...(counts.failed > 0 ? { tone: 'bad' as const } : {}),
  },
  {
    label: 'Credits spent',
    value: count(batch.creditsSpent),
    note:
      batch.possiblyPaidTwice > 0
        ? html`<a href="${batchPath(batch.name, '?twice=1#items')}">${count(batch.possiblyPaidTwice)} possibly paid twice</a>`
        : 'by the vendor’s records',
    ...(batch.possiblyPaidTwice > 0 ? { tone: 'warn' as const } : {}),
  },
])}`;
}

function whenWords({ kind }: Situation, etaMs: number | null, held: number): string {
  switch (kind) {
    case 'empty':
    case 'ended':
      return held > 0 ? `${count(held)} for your decision` : 'ended';
    case 'running':
      return etaMs === null ? 'not known yet' : `done in ${roughly(etaMs)}`;
    case 'halted':
      return 'when the halt ends';
    case 'no-worker':
      return 'when a worker runs';
    case 'vendor-outage':
      return 'when the vendor answers';
    case 'all-paused':
    case 'batch-paused':
    case 'queue-paused':
    case 'vendor-pause':
      return 'paused';
    default:
      return kind satisfies never;
  }
}

function actions({ batch }: BatchReading, { csrf }: Viewer): Html {
  const { counts, isPaused, priority } = batch;
  const post = (path: string) => batchPath(batch.name, path);
  const again = counts.failed + counts.cancelled + counts.held;
  const going = unfinished(counts) > 0;
  return html`<div class="actions">
${!going ? null : batch.dearer !== null ? questionLink(post('/resume'), 'Resume at the new price…', 'primary') : actionButton(isPaused ? { action: post('/resume'), label: 'Resume', csrf, tone: 'primary' } : { action: post('/pause'), label: 'Pause', csrf })}
${again === 0 ? null : questionLink(post('/retry'), `Retry all ${count(again)}…`)}
${going && priority === 1 ? actionButton({ action: post('/weight'), label: 'Higher priority', csrf, fields: { weight: '10' }, confirm: 'Submit ten links of this batch for each link of the others?' }) : null}
${going && priority > 1 ? actionButton({ action: post('/weight'), label: 'Normal priority', csrf, fields: { weight: '1' } }) : null}
${going ? actionButton({ action: post('/cancel'), label: 'Cancel', csrf, tone: 'danger', confirm: `Cancel ${batch.name}? ${count(counts.queued)} waiting links are cancelled; paid tasks are still collected.` }) : null}
<a class="button" href="${post('/export?format=csv')}" download>Export</a>
</div>`;
}

/** An answer of the vendor was lost, and the policy is to ask a person. */
function heldLinks({ batch, held }: BatchReading, { role }: Viewer): Html {
  const { held: number } = batch.counts;
  if (number === 0) return html``;
  const actions =
    role === 'operator'
      ? html`<div class="actions">${questionLink(batchPath(batch.name, '/retry?state=held'), number === 1 ? 'Pay again…' : `Pay all ${count(number)} again…`)}${questionLink(batchPath(batch.name, '/give-up'), number === 1 ? 'Give up…' : 'Give up all…', 'danger')}</div>`
      : null;
  const rows = held.map(
    (item) =>
      html`<li><a href="${itemPath(item.id)}"><code>${item.id}</code></a> <span class="note clamp one" title="${item.message}">${item.message}</span></li>`,
  );
  return html`<section class="card"><h2>${count(number)} ${number === 1 ? 'link waits' : 'links wait'} for your decision</h2><p>The vendor’s answer to a create call was lost. A task may exist and be paid. Open a link to attach its task id, pay again, or give it up.</p><ul class="plain">${rows}</ul>${
    number > held.length
      ? html`<p><a href="${batchPath(batch.name, '?state=held#items')}">All ${count(number)}</a></p>`
      : null
  }${actions}</section>`;
}

function failureGroups({ batch, failures }: BatchReading, { role }: Viewer): Html {
  if (failures.groups.length === 0) return html`<p class="empty">Nothing has failed.</p>`;
  const seen = failures.groups.reduce((sum, group) => sum + group.count, 0);
  const rest = batch.counts.failed - seen;
  const row = (group: FailureGroup) => {
    const fields = { reason: group.reason ?? '', message: group.message };
    const query = new URLSearchParams({ format: 'csv', state: 'failed', ...fields });
    return html`<tr><td class="number">${count(group.count)}</td><td><a href="${batchPath(batch.name, `?state=failed&reason=${group.reason ?? ''}#items`)}">${group.reason ?? 'unknown'}</a></td><td class="break"><span class="clamp" title="${group.message}">${group.message || '–'}</span></td><td><div class="actions end">${
      role === 'operator'
        ? questionLink(batchPath(batch.name, `/retry?${new URLSearchParams(fields)}`), 'Retry…')
        : null
    }<a class="button" href="${batchPath(batch.name, `/export?${query}`)}" download aria-label="Export ${group.reason ?? 'these'}">Export</a></div></td></tr>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Groups of failures"><table class="failures"><thead><tr><th scope="col" class="number">Links</th><th scope="col">Reason</th><th scope="col">Message</th><th scope="col"><span class="sr">Actions</span></th></tr></thead><tbody>${failures.groups.slice(0, 20).map(row)}</tbody></table></div>
${rest > 0 ? html`<p class="note">From the latest ${count(failures.examined)} failures; ${count(rest)} older ones are not shown.</p>` : null}`;
}
