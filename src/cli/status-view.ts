/** An overview as `status` prints it, for people and for scripts. Pure. */
import type { Overview, SeenBatch } from '../producer/overview.ts';
import { totalOf, unfinished } from '../shared/ledger/batch.ts';
import { describeDearer } from '../shared/wording/dearer.ts';
import { formatBytes, formatCount } from './format.ts';
import { describeHalt, viewHalt } from './halt-text.ts';
import { paceParts, topFailures } from './live-lines.ts';
import { describePause, viewPause } from './pause-text.ts';

export function viewStatus(overview: Overview, isOne: boolean): object {
  const batches = overview.batches.map(viewBatch);
  const rest = {
    paused: overview.isAllPaused,
    rate: overview.rate,
    halts: overview.halts.map(viewHalt),
    vendorPause: overview.vendorPause === null ? null : viewPause(overview.vendorPause),
  };
  return isOne ? { ...rest, ...batches[0] } : { batches, ...rest };
}

function viewBatch(batch: SeenBatch): object {
  const { etaMs, waitsFor } = batch.forecast;
  return {
    batch: batch.name,
    model: batch.model,
    createdAt: new Date(batch.createdAt).toISOString(),
    ended: unfinished(batch.counts) === 0,
    paused: batch.isPaused,
    pausedBecause: describeDearer(batch),
    priority: batch.priority,
    total: totalOf(batch.counts),
    ...batch.counts,
    failures: batch.failures,
    possiblyPaidTwice: batch.possiblyPaidTwice,
    creditsSpent: batch.creditsSpent,
    budget: batch.budget,
    bytes: batch.bytes,
    etaSeconds: etaMs === null ? null : Math.round(etaMs / 1000),
    waitsFor,
  };
}

export function describeStatus(overview: Overview, now: number): string {
  const lines = overview.halts.map((halt) => describeHalt(halt, now));
  if (overview.vendorPause !== null) lines.push(describePause(overview.vendorPause, now));
  if (overview.isAllPaused) lines.push('Everything is paused. Resume with: kie-batch resume');
  if (overview.batches.length === 0) lines.push('No batches yet. Begin with: kie-batch run links.txt');
  return [...lines, ...overview.batches.flatMap((batch) => describeBatch(batch, overview))].join('\n');
}

function describeBatch(batch: SeenBatch, { rate }: Overview): string[] {
  const states = Object.entries(batch.counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${formatCount(count)} ${state}`);
  const hasEnded = unfinished(batch.counts) === 0;
  const pace = hasEnded ? [] : paceParts(batch, rate);
  const failures = topFailures(batch);
  const dearer = describeDearer(batch);
  return [
    `${batch.name}: ${states.join(', ') || 'empty'}${hasEnded ? ' (ended)' : ''}`,
    ...(pace.length === 0 ? [] : [`  ${pace.join(', ')}`]),
    ...(dearer === null ? [] : [`  ${dearer}`]),
    ...(failures === '' ? [] : [`  ${failures}`]),
    `  ${formatCount(batch.creditsSpent)} credits spent, ${formatBytes(batch.bytes)} stored`,
  ];
}
