/** An overview as `status` prints it, for people and for scripts. Pure. */
import type { Overview, SeenBatch } from '../producer/overview.ts';
import { totalOf, unfinished } from '../shared/ledger/batch.ts';
import { describeDearer } from '../shared/wording/dearer.ts';
import { formatBytes, formatCount } from '../shared/wording/format.ts';
import { viewHalt, viewPause } from '../shared/wording/halt-view.ts';
import { explain, headlineOf, speedPer10s } from '../shared/wording/situation-words.ts';
import { describeHalt } from './halt-text.ts';
import { paceParts, topFailures } from './live-lines.ts';

export function viewStatus(overview: Overview, isOne: boolean): object {
  const batches = overview.batches.map((batch) => viewBatch(batch, overview.at));
  const rest = {
    paused: overview.isAllPaused,
    rate: overview.rate,
    halts: overview.halts.map(viewHalt),
    situation: overview.whole.situation.kind,
    headline: describeHeadline(overview),
    vendorPause: overview.vendorPause === null ? null : viewPause(overview.vendorPause),
  };
  return isOne ? { ...rest, ...batches[0] } : { batches, ...rest };
}

function viewBatch(batch: SeenBatch, at: number): object {
  const { etaMs, situation } = batch;
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
    situation: situation.kind,
    why: explain(situation, at, batch.name).why,
  };
}

export function describeStatus(overview: Overview, isOne: boolean, now: number): string {
  if (overview.batches.length === 0) return describeHeadline(overview);
  return [
    ...(isOne ? [] : [describeHeadline(overview)]),
    ...overview.halts.map((halt) => describeHalt(halt, now)),
    ...overview.batches.flatMap((batch) => describeBatch(batch, overview)),
  ].join('\n');
}

/** The dashboard's one sentence on the whole. */
export function describeHeadline({ batches, whole, rate, at }: Overview): string {
  if (batches.length === 0) return 'No batches yet. Start with: kie-batch run links.txt';
  const limit = { max: rate?.limitPerMinute ?? 0, windowMs: 60_000 };
  const per10s = rate === null ? null : speedPer10s(rate.usedPerMinute / 6, limit);
  return headlineOf({ ...whole, per10s, at }).message;
}

function describeBatch(batch: SeenBatch, overview: Overview): string[] {
  const states = Object.entries(batch.counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${formatCount(count)} ${state}`);
  const hasEnded = unfinished(batch.counts) + batch.counts.held === 0;
  const pace = paceParts(batch, overview);
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
