/**
 * The end of a run, as one object for scripts and as a few lines for people. Pure. `saved` never counts what
 * `alreadySaved` counts: it is what became saved since this run began.
 */
import type { EnqueueCounts } from '../producer/enqueue-lists.ts';
import { type Batch, unfinished } from '../shared/ledger/batch.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../shared/wording/format.ts';
import { exitCodes } from './exit-codes.ts';

export interface RunSummary {
  readonly batch: string;
  readonly total: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly invalid: number;
  readonly alreadySaved: number;
  readonly saved: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly held: number;
  readonly possiblyPaidTwice: number;
  readonly creditsSpent: number;
  readonly bytes: number;
  readonly seconds: number;
}

export interface RunFacts {
  readonly given: EnqueueCounts;
  /** The batch as it is now. */
  readonly batch: Batch;
  /** Saved items the batch had before this run. */
  readonly savedBefore: number;
  readonly elapsedMs: number;
}

export function summarize({ given, batch, savedBefore, elapsedMs }: RunFacts): RunSummary {
  const { counts } = batch;
  return {
    batch: batch.name,
    total: given.total,
    accepted: given.accepted,
    duplicates: given.duplicates,
    invalid: given.invalid,
    alreadySaved: given.alreadySaved,
    saved: Math.max(0, counts.saved - savedBefore - given.savedChange),
    failed: counts.failed,
    cancelled: counts.cancelled,
    held: counts.held,
    possiblyPaidTwice: batch.possiblyPaidTwice,
    creditsSpent: batch.creditsSpent,
    bytes: batch.bytes,
    seconds: Math.round(elapsedMs / 100) / 10,
  };
}

/** A line without a link was requested and not saved: a failure, with the reason in the list of invalid lines. */
export function exitCodeOf(summary: RunSummary): number {
  const notSaved = summary.failed + summary.cancelled + summary.held + summary.invalid;
  return notSaved === 0 ? exitCodes.saved : exitCodes.failures;
}

export function describeSummary(summary: RunSummary, batch: Batch): string[] {
  const lines = [
    `${plural(summary.saved, 'video')} saved in ${formatDuration(summary.seconds * 1000)}, ${formatBytes(batch.bytes)} in ${batch.root}${batch.name}/`,
  ];
  if (summary.alreadySaved > 0)
    lines.push(`${plural(summary.alreadySaved, 'link')} already saved before, not paid again`);
  if (summary.duplicates > 0)
    lines.push(`${plural(summary.duplicates, 'link')} already in the batch, or repeated in the list`);
  if (summary.invalid > 0)
    lines.push(`${plural(summary.invalid, 'line')} without a usable link, listed above`);
  for (const [reason, count] of Object.entries(batch.failures))
    lines.push(`${formatCount(count)} failed: ${reason}`);
  if (summary.cancelled > 0) lines.push(`${formatCount(summary.cancelled)} cancelled`);
  if (summary.held > 0) lines.push(`${plural(summary.held, 'link')} held, because a task may have been paid`);
  if (summary.possiblyPaidTwice > 0)
    lines.push(`${plural(summary.possiblyPaidTwice, 'link')} possibly paid twice`);
  lines.push(`${formatCount(summary.creditsSpent)} credits spent by this batch`);
  if (summary.failed + summary.held + summary.cancelled > 0) {
    if (summary.failed > 0) lines.push(`Details:  kie-batch export ${batch.name} --state failed`);
    lines.push(`Retry:    kie-batch retry ${batch.name}`);
  }
  const left = unfinished(batch.counts);
  if (left > 0) lines.push(`${plural(left, 'link')} unfinished`);
  return lines;
}
