/**
 * The overview: what is running, how fast, until when, what failed and why, and what stops it, in the order in
 * which the person on call needs it. Pure.
 */

import type { Halt } from '../../shared/gate-state/halts.ts';
import { adviceFor, haltSpeaker } from '../../shared/vendor/halt-advice.ts';
import type { Overview } from '../readings/overview.ts';
import { overviewHeadline } from '../readings/overview-headline.ts';
import { problemsOf } from '../readings/problems.ts';
import { batchList } from './batch-list.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import { creditsCard, failureList, gateCard, storageCard, workerTable } from './overview-cards.ts';
import { actionButton, count, live, rate, since, tiles, until } from './parts.ts';

const batchesShown = 8;

const pauseQuestion = 'Pause all batches until a person resumes? Tasks at the vendor are still collected.';

export type Fragments = Readonly<Record<string, Html>>;

export function overviewFragments(overview: Overview, viewer: Viewer): Fragments {
  return {
    halts: html`${haltCards(overview.halts)}${problemCard(overview)}`,
    headline: headline(overview, viewer),
    tiles: stateTiles(overview),
    batches: batchList(overview.batches.slice(0, batchesShown), overview),
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
<section class="card"><h2>Throughput against the limit <span class="note">in 10 s</span></h2><div class="chart" data-chart="throughput" role="img" aria-label="Tasks submitted and videos saved in ten seconds against the limit"></div></section>
<section class="card"><h2>Links in progress</h2><div class="chart" data-chart="underWay" role="img" aria-label="Tasks at the vendor and downloads"></div></section>
<section class="card"><h2>Waiting links, and the age of the oldest</h2><div class="chart" data-chart="waiting" role="img" aria-label="Waiting links and the age of the oldest of them"></div></section>
</div>
<div class="grid">
${card('Batches', 'batches', true)}
${card('Failures', 'failures')}
${card('Submit gate', 'gate')}
<div class="pile">${card('Credits', 'credits')}${card('Storage', 'storage')}</div>
${card('Workers', 'workers', true)}
</div>`;
}

function problemCard(overview: Overview): Html | null {
  const problems = problemsOf(overview);
  if (problems.length === 0) return null;
  return html`<section class="card problems"><h2>Needs attention</h2><ul class="plain">${problems.map(
    ({ message, path }) => html`<li><a href="${path}">${message}</a></li>`,
  )}</ul></section>`;
}

export function haltCards(halts: readonly Halt[]): Html {
  return html`${halts.map(
    (halt) => html`<section class="halt" role="alert"><h2>Halted: ${halt.reason}${
      halt.model === null ? null : html` <small>(${halt.model})</small>`
    }</h2>
<p class="advice">${sentence(adviceFor(halt))}</p>
<p>${haltSpeaker(halt.reason)}: <q>${halt.message}</q></p>
<p class="note">For ${since(halt.since)}; checked again ${until(halt.nextProbeAt)}. It ends when the check succeeds. Links wait, and none fails.</p></section>`,
  )}`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** The one sentence to read when there is time for one. */
function headline(overview: Overview, { role, csrf }: Viewer): Html {
  const { tone, message } = overviewHeadline(overview);
  const button = overview.isAllPaused
    ? actionButton({ action: '/resume', label: 'Resume everything', csrf, tone: 'primary' })
    : actionButton({ action: '/pause', label: 'Pause everything', csrf, confirm: pauseQuestion });
  return html`<div class="headline tone-${tone}"><p>${message}</p>${role === 'operator' ? button : null}</div>`;
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
      note: rates === null ? 'of all batches' : `${rate(rates.savedPerMinute)} a minute`,
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
      note: counts.held === 0 ? 'none' : 'for your decision',
      ...(counts.held > 0 ? { tone: 'warn' as const } : {}),
    },
  ]);
}
