/** Batches as a list, each with its bar. Pure. */

import { batchSituation } from '../../shared/gate-state/outlook.ts';
import { type Batch, totalOf, unfinished } from '../../shared/ledger/batch.ts';
import type { Overview } from '../readings/overview.ts';
import { batchChip } from './batch-chip.ts';
import { type Html, html } from './html.ts';
import { barLegend, batchPath, count, progressBar } from './parts.ts';

export function batchList(batches: readonly Batch[], overview: Overview): Html {
  const total = overview.batchCount;
  if (batches.length === 0) return html`<p class="empty">No batches yet.</p>`;
  const rows = batches.map(
    (batch) =>
      html`<li><div class="row"><a href="${batchPath(batch.name)}"><strong>${batch.name}</strong></a>${chipOf(batch, overview)}<span class="note">${progressWords(batch)}</span></div>${progressBar(batch)}${barLegend(batch.counts)}</li>`,
  );
  const more =
    total > batches.length ? html`<p><a href="/batches">All ${count(total)} batches</a></p>` : null;
  return html`<ul class="batches">${rows}</ul>${more}`;
}

/** That a batch runs or has ended is seen by its bar. */
function chipOf(batch: Batch, overview: Overview): Html | null {
  const { kind } = batchSituation(batch, overview);
  return kind === 'running' || kind === 'ended' || kind === 'empty' ? null : batchChip(batch, overview);
}

export function progressWords({ counts }: Batch): string {
  const total = totalOf(counts);
  const left = unfinished(counts);
  const open = left + counts.held;
  if (total === 0) return 'empty';
  if (left === 0 && counts.held > 0) return `${count(counts.held)} held for your decision`;
  if (left === 0) return `ended, ${count(total)} ${total === 1 ? 'link' : 'links'}`;
  return `${count(total - open)} of ${count(total)} (${Math.floor(((total - open) / total) * 100)} %)`;
}
