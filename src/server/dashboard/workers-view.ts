/** The workers, their current links, and workers that disappeared with links in progress. Pure. */
import type { PresentWorker } from '../../shared/presence/worker-presence.ts';
import type { Overview } from '../readings/overview.ts';
import { hasVanished } from '../readings/problems.ts';
import { type Html, html } from './html.ts';
import type { Fragments } from './overview-view.ts';
import { ago, bytes, count, duration, itemPath, live, tiles } from './parts.ts';

const stageWords = { submit: 'submit', 'status-check': 'status checks', download: 'downloads' } as const;
const idsShown = 20;

export function workersFragments({ workers }: Overview): Fragments {
  return { summary: summary(workers), workers: html`${workers.map(card)}` };
}

export function workersPage(fragments: Fragments): Html {
  return html`<h1>Workers</h1>${live('summary', fragments['summary'] ?? html``)}${live('workers', fragments['workers'] ?? html``)}`;
}

function summary(workers: readonly PresentWorker[]): Html {
  const alive = workers.filter(({ isAlive }) => isAlive);
  const versions = [...new Set(alive.map(({ version }) => version ?? 'unknown'))];
  const lost = workers.filter(hasVanished);
  if (workers.length === 0)
    return html`<p class="card empty">No worker is running. Start one with <code>kie-batch worker</code>.</p>`;
  return html`${tiles([
    { label: 'Alive', value: count(alive.length), ...(alive.length === 0 ? { tone: 'bad' as const } : {}) },
    {
      label: 'Vanished',
      value: count(workers.length - alive.length),
      note: lost.length === 0 ? 'none had links in progress' : `${lost.length} had links in progress`,
      ...(lost.length > 0 ? { tone: 'bad' as const } : {}),
    },
    { label: 'Current links', value: count(alive.reduce((sum, each) => sum + inHand(each).length, 0)) },
    {
      label: 'Version',
      value: versions.length === 1 ? (versions[0] ?? '') : count(versions.length),
      note: versions.length > 1 ? `they differ: ${versions.join(', ')}` : 'the same everywhere',
      ...(versions.length > 1 ? { tone: 'warn' as const } : {}),
    },
  ])}`;
}

function inHand({ holding }: PresentWorker): readonly string[] {
  return Object.values(holding).flat();
}

function card(worker: PresentWorker): Html {
  const { host, pid, stages, isAlive, saidMsAgo, startedAt, version, rssBytes, holding } = worker;
  const state = isAlive
    ? html`<span class="chip tone-good">alive</span>`
    : html`<span class="chip tone-bad">silent for ${duration(saidMsAgo)}</span>`;
  const lost = hasVanished(worker)
    ? html`<p class="tone-bad">It had links in progress. Another worker resumes them within 15 seconds after its last heartbeat.</p>`
    : null;
  const lists = stages.map((stage) => {
    const ids = holding[stage];
    const shown = ids
      .slice(0, idsShown)
      .map(
        (id) =>
          html`<a href="${itemPath(id)}"><code>${id.length > 16 ? `${id.slice(0, 12)}…` : id}</code></a> `,
      );
    return html`<dt>${stageWords[stage]}</dt><dd>${ids.length === 0 ? 'nothing at present' : shown}</dd>`;
  });
  return html`<section class="card"><h2>${host} <span class="note">pid ${pid}</span> ${state}</h2>${lost}<dl class="facts"><dt>Started</dt><dd>${ago(startedAt)}</dd><dt>Version</dt><dd>${version ?? 'unknown'}</dd><dt>Memory</dt><dd>${rssBytes === undefined ? 'unknown' : bytes(rssBytes)}</dd>${lists}</dl></section>`;
}
