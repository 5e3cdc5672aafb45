/** The state of a batch in a word or two. Pure. */

import { batchSituation } from '../../shared/gate-state/outlook.ts';
import type { Batch } from '../../shared/ledger/batch.ts';
import type { Overview } from '../readings/overview.ts';
import { type Html, html } from './html.ts';
import { count } from './parts.ts';

export function batchChip(batch: Batch, overview: Overview): Html {
  const situation = batchSituation(batch, overview);
  const chip = (words: string, tone: string) => html`<span class="chip ${tone}">${words}</span>`;
  switch (situation.kind) {
    case 'empty':
      return chip('empty', '');
    case 'ended':
      return batch.counts.held > 0
        ? chip(`${count(batch.counts.held)} held`, 'state-held')
        : chip('ended', '');
    case 'halted':
      return chip(`halted: ${situation.reasons.join(', ')}`, 'tone-bad');
    case 'all-paused':
      return chip('everything paused', 'state-held');
    case 'batch-paused':
      return chip(batch.dearer === null ? 'paused' : 'paused: new price', 'state-held');
    case 'queue-paused':
      return chip('queue paused', 'state-held');
    case 'no-worker':
      return chip('no worker', 'tone-bad');
    case 'vendor-outage':
      return chip('vendor’s outage', 'tone-bad');
    case 'vendor-pause':
      return chip('vendor’s pause', 'state-held');
    case 'running':
      return batch.priority > 1
        ? chip(`running, priority ${batch.priority}`, 'state-processing')
        : chip('running', 'state-processing');
    default:
      return situation satisfies never;
  }
}
