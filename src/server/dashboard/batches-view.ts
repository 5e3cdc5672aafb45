/** All batches, the newest first. Pure. */
import type { Batch } from '../../shared/ledger/batch.ts';
import { batchList } from './batch-list.ts';
import { type Html, html } from './html.ts';
import type { Fragments } from './overview-view.ts';
import { live } from './parts.ts';

export interface BatchesReading {
  readonly batches: readonly Batch[];
  readonly from: number;
  readonly next: number | null;
}

export function batchesFragments({ batches, from, next }: BatchesReading): Fragments {
  const pages = html`<p class="pages">${from > 0 ? html`<a class="button" href="/batches">Newest</a>` : null}${
    next === null ? null : html`<a class="button" href="/batches?from=${next}">Older</a>`
  }</p>`;
  return { list: html`${batchList(batches, 0)}${pages}` };
}

export function batchesPage(fragments: Fragments, isOperator: boolean): Html {
  return html`<div class="title"><h1>Batches</h1>${isOperator ? html`<a class="button primary" href="/new">New batch</a>` : null}</div>
<form class="search" method="get" action="/find" role="search"><label>Find a link in any batch<input type="search" name="q" required maxlength="1000" placeholder="a link, an id or a task id"></label><button>Find</button></form>
<section class="card">${live('list', fragments['list'] ?? html``)}</section>`;
}
