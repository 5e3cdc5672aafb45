/**
 * The small parts that several pages are made of. Pure. Times are written out in full and made relative by the
 * page itself, second by second, so that nothing has to be sent just because time passes.
 */
import { type Batch, totalOf } from '../../shared/ledger/batch.ts';
import type { ItemState } from '../../shared/ledger/states.ts';
import { formatBytes, formatCount, formatDuration, formatRate } from '../../shared/wording/format.ts';
import { type Html, type HtmlValue, html } from './html.ts';

/** A part of the page that is replaced when its content changes. */
export function live(id: string, content: Html): Html {
  return html`<div id="live-${id}" data-live>${content}</div>`;
}

export function stateChip(state: ItemState): Html {
  return html`<span class="chip state-${state}">${state}</span>`;
}

export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly note?: HtmlValue;
  readonly tone?: 'good' | 'bad' | 'warn';
}

export function tiles(list: readonly Tile[]): Html {
  const one = ({ label, value, note, tone }: Tile) =>
    html`<div class="tile${tone === undefined ? '' : ` tone-${tone}`}"><dt>${label}</dt><dd>${value}</dd>${
      note === undefined ? null : html`<dd class="note">${note}</dd>`
    }</div>`;
  return html`<dl class="tiles">${list.map(one)}</dl>`;
}

/** How long ago, kept up to date by the page. */
export function since(at: number | null): Html {
  if (at === null) return html`–`;
  return html`<time datetime="${iso(at)}" data-tick="since" title="${utc(at)}">${utc(at)}</time>`;
}

/** As `since`, with the word ago. */
export function ago(at: number): Html {
  return html`<time datetime="${iso(at)}" data-tick="ago" title="${utc(at)}">${utc(at)}</time>`;
}

/** How long until then, kept up to date by the page. */
export function until(at: number): Html {
  return html`<time datetime="${iso(at)}" data-tick="until" title="${utc(at)}">${utc(at)}</time>`;
}

export function moment(at: number | null): Html {
  return at === null ? html`–` : html`<time datetime="${iso(at)}">${utc(at)}</time>`;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function utc(at: number): string {
  return `${iso(at).slice(0, 19).replace('T', ' ')} UTC`;
}

const barOrder: readonly ItemState[] = [
  'saved',
  'downloading',
  'processing',
  'submitting',
  'queued',
  'held',
  'failed',
  'cancelled',
];

/** The batch as one bar, a piece for each state, with the words for those who cannot see it. */
export function progressBar({ name, counts }: Pick<Batch, 'name' | 'counts'>): Html {
  const total = totalOf(counts);
  let x = 0;
  const pieces = barOrder
    .filter((state) => counts[state] > 0)
    .map((state) => {
      const width = (counts[state] / total) * 1000;
      const piece = html`<rect class="fill-${state}" x="${x.toFixed(2)}" y="0" width="${width.toFixed(2)}" height="10"></rect>`;
      x += width;
      return piece;
    });
  const words = barOrder
    .filter((state) => counts[state] > 0)
    .map((state) => `${formatCount(counts[state])} ${state}`)
    .join(', ');
  return html`<svg class="bar" role="img" aria-label="${name}: ${words || 'empty'}" viewBox="0 0 1000 10" preserveAspectRatio="none">${pieces}</svg>`;
}

export function barLegend(counts: Batch['counts'], href?: (state: ItemState) => string): Html {
  const shown = barOrder.filter((state) => counts[state] > 0);
  return html`<ul class="legend">${shown.map((state) => {
    const words = html`<span class="dot fill-${state}"></span>${formatCount(counts[state])} ${state}`;
    return html`<li>${href === undefined ? words : html`<a href="${href(state)}">${words}</a>`}</li>`;
  })}</ul>`;
}

/** A button that posts; with JavaScript, `confirm` is asked first. */
export function actionButton(options: {
  readonly action: string;
  readonly label: string;
  readonly csrf: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly confirm?: string;
  readonly tone?: 'danger' | 'primary';
}): Html {
  const fields = Object.entries({ csrf: options.csrf, ...options.fields });
  return html`<form method="post" action="${options.action}" class="inline">${fields.map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}<button class="${options.tone ?? ''}"${
    options.confirm === undefined ? null : html` data-confirm="${options.confirm}"`
  }>${options.label}</button></form>`;
}

/** Leads to the page that shows what an action would do before it is done. */
export function questionLink(href: string, label: string, tone = ''): Html {
  return html`<a class="button ${tone}" href="${href}">${label}</a>`;
}

export const count = formatCount;
export const bytes = formatBytes;
export const duration = formatDuration;
export const rate = formatRate;

export function batchPath(name: string, rest = ''): string {
  return `/batches/${encodeURIComponent(name)}${rest}`;
}

export function itemPath(id: string, rest = ''): string {
  return `/items/${encodeURIComponent(id)}${rest}`;
}
