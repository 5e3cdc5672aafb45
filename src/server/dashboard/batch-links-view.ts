/** The links of a batch: the search, the table with its columns, and the way from page to page. Pure. */
import { type Batch, totalOf } from '../../shared/ledger/batch.ts';
import type { Item } from '../../shared/ledger/item.ts';
import type { ItemPage } from '../../shared/ledger/search/item-pages.ts';
import { failureReasons, itemStates } from '../../shared/ledger/states.ts';
import { isThrough } from '../readings/growing-search.ts';
import { type ItemQuery, pageSizes, queryString } from './batch-query.ts';
import { type Html, html } from './html.ts';
import { ago, batchPath, bytes, count, duration, itemPath, stateChip } from './parts.ts';

export interface LinksReading {
  readonly batch: Batch;
  readonly items: ItemPage;
  readonly query: ItemQuery;
}

export function linksSection(batch: Batch, query: ItemQuery, items: Html): Html {
  const isGallery = query.view === 'gallery';
  const to = (view: ItemQuery['view'], words: string) =>
    html`<a href="${pathOf(batch, { ...query, view, from: 0 })}"${view === query.view ? html` aria-current="true"` : null}>${words}</a>`;
  return html`<section class="card" id="items" data-links><div class="title"><h2>${isGallery ? 'Results' : 'Links'}</h2><nav class="spans" aria-label="Show as">${to(undefined, 'Table')}${to('gallery', 'Gallery')}</nav></div>${searchForm(batch, query)}${isGallery ? null : columnChoice()}${items}</section>`;
}

function pathOf({ name }: Batch, query: ItemQuery): string {
  return batchPath(name, `?${queryString(query)}#items`);
}

function searchForm({ name }: Batch, query: ItemQuery): Html {
  const option = (value: string, chosen: string | undefined) =>
    html`<option value="${value}"${value === (chosen ?? '') ? html` selected` : null}>${value || 'any'}</option>`;
  const states = html`<label>State<select name="state">${['', ...itemStates].map((state) => option(state, query.state))}</select></label>
<label>Reason<select name="reason">${['', ...failureReasons].map((reason) => option(reason, query.reason))}</select></label>`;
  return html`<form class="search" method="get" action="${batchPath(name)}#items" role="search">
<label>Link, id or task id<input type="search" name="q" value="${query.q ?? ''}" placeholder="https://… or s_68e8… or a part of an id" maxlength="1000"></label>
${query.view === 'gallery' ? html`<input type="hidden" name="view" value="gallery">` : states}
<label>Paid twice<select name="twice"><option value="">any</option><option value="1"${query.twice === '1' ? html` selected` : null}>possibly</option></select></label>
<label>On a page<select name="size">${pageSizes.map((size) => option(String(size), String(query.size)))}</select></label>
<button class="primary">Search</button>
</form>`;
}

interface Column {
  readonly name: string;
  readonly title: string;
  readonly isNumber?: boolean;
  readonly onPhone?: boolean;
  cell(item: Item): Html | string;
}

const columns: readonly Column[] = [
  { name: 'state', title: 'State', onPhone: true, cell: ({ state }) => stateChip(state) },
  { name: 'why', title: 'Why', onPhone: true, cell: whyCell },
  { name: 'inputs', title: 'Inputs and columns', cell: inputsCell },
  { name: 'took', title: 'Took', isNumber: true, cell: tookCell },
  {
    name: 'credits',
    title: 'Credits',
    isNumber: true,
    cell: ({ creditsSpent }) => (creditsSpent === 0 ? '–' : count(creditsSpent)),
  },
  {
    name: 'size',
    title: 'Size',
    isNumber: true,
    cell: ({ bytes: size }) => (size === null ? '–' : bytes(size)),
  },
  { name: 'given', title: 'Given', cell: ({ enqueuedAt }) => ago(enqueuedAt) },
  {
    name: 'saved',
    title: 'Saved',
    cell: ({ savedAt }) => (savedAt === null ? '–' : ago(savedAt)),
  },
];

function whyCell({ reason, message }: Item): Html {
  const words = html`${reason === null ? null : html`<strong>${reason}</strong> `}<span class="note">${message}</span>`;
  return html`<span class="clamp one" title="${message}">${words}</span>`;
}

/** What distinguishes links for a person: the inputs, and the kept columns of the row. */
function inputsCell({ inputs, row: given }: Item): Html | string {
  const text = [...Object.values(inputs), ...Object.values(given?.columns ?? {})]
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(', ');
  return text === '' ? '–' : html`<span class="clamp one" title="${text}">${text}</span>`;
}

function tookCell({ savedAt, submittedAt }: Item): string {
  return savedAt === null || submittedAt === null ? '–' : duration(savedAt - submittedAt);
}

/** Kept by the browser; without script all are shown. */
function columnChoice(): Html {
  const box = ({ name, title }: Column) =>
    html`<label class="box"><input type="checkbox" data-column-choice="${name}" checked><span>${title}</span></label>`;
  return html`<details class="columns script" id="columns"><summary>Columns and keyboard shortcuts</summary><div class="actions">${columns.map(box)}</div><p class="note">Shortcuts: j and k move down and up, Enter opens, r retries after a question, / searches.</p></details>`;
}

function classOf({ isNumber = false, onPhone = false }: Column): string {
  return [onPhone ? '' : 'desk', isNumber ? 'number' : onPhone ? '' : 'line'].filter(Boolean).join(' ');
}

export function linkTable(reading: LinksReading): Html {
  const { items } = reading.items;
  if (items.length === 0) return html`${noneWords(reading)}${restOf(reading)}`;
  const head = columns.map(
    (column) =>
      html`<th scope="col" class="${classOf(column)}" data-column="${column.name}">${column.title}</th>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Links of this batch"><table class="items"><thead><tr><th scope="col">Link</th>${head}</tr></thead><tbody>${items.map(row)}</tbody></table></div>${restOf(reading)}`;
}

const retriable = ['failed', 'cancelled', 'held'];

function row(item: Item): Html {
  const cells = columns.map(
    (column) => html`<td class="${classOf(column)}" data-column="${column.name}">${column.cell(item)}</td>`,
  );
  const retry = retriable.includes(item.state)
    ? html`<a class="sr" tabindex="-1" data-retry href="${itemPath(item.id, '/retry')}">Retry ${item.id}</a>`
    : null;
  return html`<tr><td><a href="${itemPath(item.id)}" data-row><code>${item.id}</code></a>${retry}</td>${cells}</tr>`;
}

export function noneWords(reading: LinksReading): Html | null {
  const { items, query } = reading;
  if (!isThrough(items, query.size)) return null;
  const isFiltered = Boolean(query.q || query.state || query.reason || query.twice);
  const isGallery = query.view === 'gallery';
  const words = isGallery ? 'No saved result matches.' : 'No link of this batch matches.';
  return html`<p class="empty">${isFiltered || isGallery ? words : 'No links yet.'}</p>`;
}

/** Below the rows: the progress of the search, and the next page. */
export function restOf({ batch, items, query }: LinksReading): Html {
  const isOn = !isThrough(items, query.size);
  const to = (from: number, words: string) =>
    html`<a class="button" href="${pathOf(batch, { ...query, from })}">${words}</a>`;
  const next = items.next === null ? null : to(items.next, isOn ? 'Search on' : 'Next');
  // Where no script runs a search does not continue by itself.
  return html`${isOn ? searchGoesOn(items, batch) : null}<p class="pages">${query.from > 0 ? to(0, 'First page') : null}${
    isOn ? html`<noscript>${next}</noscript>` : next
  }</p>`;
}

function searchGoesOn({ items, examined }: ItemPage, { counts }: Batch): Html {
  return html`<p class="note">${items.length === 0 ? 'None' : count(items.length)} among the ${count(examined)} of ${count(totalOf(counts))} links searched so far; the search continues.</p>`;
}
