/** All batches, the newest first, with what each does and costs; filtered, and acted on several at once. Pure. */
import { z } from 'zod';
import { batchSituation } from '../../shared/gate-state/outlook.ts';
import { type Batch, totalOf, unfinished } from '../../shared/ledger/batch.ts';
import { roughly } from '../../shared/wording/format.ts';
import type { Overview } from '../readings/overview.ts';
import type { Rates } from '../readings/rates.ts';
import { batchChip } from './batch-chip.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import type { Fragments } from './overview-view.ts';
import { ago, batchPath, count, live, progressBar, rate } from './parts.ts';

export const batchConditions = ['moving', 'stopped', 'held', 'ended', 'failures'] as const;
export const batchesQuerySchema = z.object({
  /** Part of a name. */
  name: z.string().trim().max(100).catch(''),
  is: z.enum(batchConditions).optional().catch(undefined),
  from: z.coerce.number().int().min(0).catch(0),
});
export type BatchesQuery = z.infer<typeof batchesQuerySchema>;

export interface BatchSpeed {
  /** Of the last minute; null when it does not move or began just now. */
  readonly rates: Rates | null;
  /** Null if unknown. */
  readonly etaMs: number | null;
}

export interface BatchRow extends BatchSpeed {
  readonly batch: Batch;
}

export interface BatchesReading {
  readonly rows: readonly BatchRow[];
  readonly overview: Overview;
  readonly query: BatchesQuery;
  readonly next: number | null;
}

const conditionWords = {
  moving: 'moving',
  stopped: 'paused or stopped',
  held: 'with held links',
  ended: 'ended',
  failures: 'with failures',
} as const satisfies Record<(typeof batchConditions)[number], string>;

export function passes(batch: Batch, { name, is }: BatchesQuery, overview: Overview): boolean {
  if (!batch.name.toLowerCase().includes(name.toLowerCase())) return false;
  if (is === undefined) return true;
  const { kind } = batchSituation(batch, overview);
  const tests = {
    moving: kind === 'running' || kind === 'vendor-pause',
    stopped: !['running', 'vendor-pause', 'ended', 'empty'].includes(kind),
    held: batch.counts.held > 0,
    ended: unfinished(batch.counts) === 0,
    failures: batch.counts.failed > 0,
  } as const;
  return tests[is];
}

export function batchesFragments({ rows, overview, query, next }: BatchesReading, viewer: Viewer): Fragments {
  if (rows.length === 0) {
    const isFiltered = query.name !== '' || query.is !== undefined;
    return { list: html`<p class="empty">${isFiltered ? 'No batch matches.' : 'No batches yet.'}</p>` };
  }
  const isOperator = viewer.role === 'operator';
  const to = (from: number, words: string) => {
    const search = new URLSearchParams({
      ...(query.name && { name: query.name }),
      ...(query.is && { is: query.is }),
      from: String(from),
    });
    return html`<a class="button" href="/batches?${String(search)}">${words}</a>`;
  };
  return {
    list: html`<div class="scroll" tabindex="0" role="region" aria-label="Batches"><table class="batch-table"><thead><tr>${isOperator ? html`<th scope="col"><span class="sr">Choose</span></th>` : null}<th scope="col">Batch</th><th scope="col">State</th><th scope="col">Progress</th><th scope="col" class="desk">Time left</th><th scope="col" class="number">Failed</th><th scope="col" class="number">Credits</th><th scope="col" class="desk">Made</th></tr></thead><tbody>${rows.map((each) => row(each, overview, isOperator))}</tbody></table></div><p class="pages">${query.from > 0 ? to(0, 'Newest') : null}${next === null ? null : to(next, 'Older')}</p>`,
  };
}

function row({ batch, rates, etaMs }: BatchRow, overview: Overview, isOperator: boolean): Html {
  const { name, counts, creditsSpent, budget, model, createdAt } = batch;
  const total = totalOf(counts);
  const open = unfinished(counts) + counts.held;
  const pace =
    rates === null || rates.savedPerMinute === 0 ? null : html`${rate(rates.savedPerMinute)} saved a minute`;
  const cells: Html[] = [
    html`<td class="break"><a href="${batchPath(name)}"><strong>${name}</strong></a> <div class="note desk line">${model}</div></td>`,
    html`<td>${batchChip(batch, overview)}</td>`,
    html`<td class="progress">${progressBar(batch)}<span class="note">${count(total - open)} of ${count(total)}${pace === null ? null : html`, ${pace}`}</span></td>`,
    html`<td class="desk line">${timeLeft(etaMs)}</td>`,
    html`<td class="number" data-label="failed">${counts.failed === 0 ? '–' : html`<a href="${batchPath(name, '?state=failed#items')}">${count(counts.failed)}</a>`}</td>`,
    html`<td class="number" data-label="credits">${count(creditsSpent)}${budget === null ? null : html`<span class="note"> of ${count(budget)}</span>`}</td>`,
    html`<td class="desk line">${ago(createdAt)}</td>`,
  ];
  const box = html`<td class="choose"><input type="checkbox" name="batch.${name}" value="on" form="several" aria-label="Choose ${name}"></td>`;
  return html`<tr>${isOperator ? box : null}${cells}</tr>`;
}

/** The state next to it says why it is unknown. */
function timeLeft(etaMs: number | null): string {
  return etaMs === null || etaMs === 0 ? '–' : roughly(etaMs);
}

export function batchesPage({ query }: BatchesReading, fragments: Fragments, viewer: Viewer): Html {
  const isOperator = viewer.role === 'operator';
  const options = batchConditions.map(
    (each) =>
      html`<option value="${each}"${each === query.is ? html` selected` : null}>${conditionWords[each]}</option>`,
  );
  return html`<div class="title"><h1>Batches</h1>${isOperator ? html`<a class="button primary" href="/new">New batch</a>` : null}</div>
<form class="search" method="get" action="/find" role="search" aria-label="Find a link"><label>Find a link in any batch<input type="search" name="q" required maxlength="1000" placeholder="a link, an id or a task id"></label><button>Find</button></form>
<section class="card"><form class="search" method="get" action="/batches" role="search" aria-label="Filter batches"><label>Part of the name<input name="name" value="${query.name}" maxlength="100"></label><label>State<select name="is"><option value="">any</option>${options}</select></label><button>Filter</button></form>
${live('list', fragments['list'] ?? html``)}
${isOperator ? severalForm(viewer) : null}</section>`;
}

/** Acts on the batches that are chosen in the table. A retry is shown with its cost first. */
function severalForm({ csrf }: Viewer): Html {
  const button = (action: string, words: string, tone = '', confirm = '') =>
    html`<button class="${tone}" name="action" value="${action}"${confirm === '' ? null : html` data-confirm="${confirm}"`}>${words}</button>`;
  return html`<form method="post" action="/batches" id="several" class="actions several"><input type="hidden" name="csrf" value="${csrf}"><span class="note">Chosen batches:</span>${button('pause', 'Pause')}${button('resume', 'Resume')}${button('prioritize', 'Higher priority')}${button('normalize', 'Normal priority')}${button('retry', 'Retry…')}${button('cancel', 'Cancel', 'danger', 'Cancel the chosen batches? Waiting links are cancelled; paid tasks are still collected.')}</form>`;
}
