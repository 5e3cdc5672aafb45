/**
 * Why links do or do not move: one decision for the whole, for a batch and for a link, shown by the command line, pages,
 * alerts and metrics. Pure. The order is that of what must be dealt with first: a worker that is started finds the halt, and a halt
 * that ends finds the pause.
 */
import type { Stage } from '../jobs/catalogue.ts';
import { type Batch, type StateCounts, unfinished } from '../ledger/batch.ts';
import type { PresentWorker } from '../presence/worker-presence.ts';
import { type HaltReason, stops, stopsDownloads } from './halt-reasons.ts';
import type { Halt } from './halts.ts';
import type { VendorPause } from './vendor-pause.ts';

export type Situation =
  /** There has never been a link. */
  | { readonly kind: 'empty' }
  /** No link has a way to go; some may wait for a person's decision. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'halted'; readonly reasons: readonly HaltReason[]; readonly isWatched: boolean }
  | { readonly kind: 'all-paused' }
  /** Every waiting link belongs to a batch that is paused by name. */
  | { readonly kind: 'batch-paused' }
  /** A person has paused queues in Bull Board. */
  | { readonly kind: 'queue-paused'; readonly queues: readonly Stage[] }
  /** `stages` that links need now and no worker has; `isNobody`: no worker is alive. */
  | { readonly kind: 'no-worker'; readonly stages: readonly Stage[]; readonly isNobody: boolean }
  /** Many unusable answers in a row: the vendor is down or out of order. */
  | { readonly kind: 'vendor-outage' }
  | { readonly kind: 'vendor-pause'; readonly pause: VendorPause }
  | { readonly kind: 'running' };

export const situationKinds = [
  'empty',
  'ended',
  'halted',
  'all-paused',
  'batch-paused',
  'queue-paused',
  'no-worker',
  'vendor-outage',
  'vendor-pause',
  'running',
] as const satisfies readonly Situation['kind'][];

export interface SituationFacts {
  /** Of the whole, or of one batch. */
  readonly counts: StateCounts;
  /** Waiting links that no pause of a batch holds back. */
  readonly runnable: number;
  /** Those that concern these links. */
  readonly halts: readonly { readonly reason: HaltReason }[];
  readonly isAllPaused: boolean;
  readonly pausedQueues: readonly Stage[];
  readonly workedOn: readonly Stage[];
  readonly isVendorAway: boolean;
  readonly vendorPause: VendorPause | null;
}

/** What is the same for all batches. */
export interface WorkReading
  extends Pick<SituationFacts, 'isAllPaused' | 'pausedQueues' | 'isVendorAway' | 'vendorPause'> {
  readonly halts: readonly Pick<Halt, 'reason' | 'model'>[];
  readonly workers: readonly Pick<PresentWorker, 'isAlive' | 'stages' | 'onlyBatch'>[];
}

/** Batches that are not paused and have unfinished links. */
export type WaitingBatches = readonly Pick<Batch, 'model' | 'counts'>[];

export interface LinksOfAll extends Pick<SituationFacts, 'counts' | 'runnable'> {
  readonly waiting: WaitingBatches;
}

/** A halt of one model only counts as a halt of everything if no other model has unfinished links. */
export function situationOfAll({ counts, runnable, waiting }: LinksOfAll, reading: WorkReading): Situation {
  const halted = linksOfHaltedModels(waiting, reading.halts);
  const isPart = waiting.some(({ model }) => !isHalted(model, reading.halts));
  return situationOf({
    ...reading,
    counts: { ...counts, queued: Math.max(0, counts.queued - halted) },
    runnable: Math.max(0, runnable - halted),
    halts: isPart ? reading.halts.filter(({ model }) => model === null) : reading.halts,
    workedOn: stagesOf(reading, () => true),
  });
}

/** Waiting links of models that are halted while links of others move. */
export function linksOfHaltedModels(waiting: WaitingBatches, halts: WorkReading['halts']): number {
  const halted = waiting.filter(({ model }) => isHalted(model, halts));
  if (halted.length === waiting.length) return 0;
  return halted.reduce((sum, { counts }) => sum + counts.queued, 0);
}

function isHalted(model: string, halts: WorkReading['halts']): boolean {
  return halts.some((halt) => halt.model === model);
}

export function situationOfBatch(
  { name, counts, isPaused, model }: Pick<Batch, 'name' | 'counts' | 'isPaused' | 'model'>,
  reading: WorkReading,
): Situation {
  return situationOf({
    ...reading,
    counts,
    runnable: isPaused ? 0 : counts.queued,
    halts: reading.halts.filter((halt) => halt.model === null || halt.model === model),
    // A run only submits the links of its own batch.
    workedOn: stagesOf(reading, (onlyBatch) => onlyBatch === null || onlyBatch === name),
  });
}

function stagesOf({ workers }: WorkReading, submits: (onlyBatch: string | null) => boolean): Stage[] {
  return workers
    .filter(({ isAlive }) => isAlive)
    .flatMap(({ stages, onlyBatch }) => stages.filter((stage) => stage !== 'submit' || submits(onlyBatch)));
}

export function situationOf(facts: SituationFacts): Situation {
  const { counts, halts, runnable, isAllPaused, pausedQueues, workedOn, vendorPause } = facts;
  if (unfinished(counts) === 0) return { kind: everGiven(counts) ? 'ended' : 'empty' };
  const stopping = halts.filter(({ reason }) => concerns(reason, counts));
  const isNobody = workedOn.length === 0;
  if (stopping.length > 0)
    return { kind: 'halted', reasons: stopping.map(({ reason }) => reason), isWatched: !isNobody };
  const waits = counts.queued > 0;
  if (waits && isAllPaused) return { kind: 'all-paused' };
  if (waits && runnable === 0 && counts.submitting === 0) return { kind: 'batch-paused' };
  const needed = neededStages(counts);
  const missing = needed.filter((stage) => !workedOn.includes(stage));
  if (missing.length > 0) return { kind: 'no-worker', stages: missing, isNobody };
  const queues = needed.filter((stage) => pausedQueues.includes(stage));
  if (queues.length > 0) return { kind: 'queue-paused', queues };
  if (facts.isVendorAway && needed.includes('status-check')) return { kind: 'vendor-outage' };
  return vendorPause === null ? { kind: 'running' } : { kind: 'vendor-pause', pause: vendorPause };
}

function everGiven({ saved, failed, cancelled, held }: StateCounts): boolean {
  return saved + failed + cancelled + held > 0;
}

/** Links that only wait for their results are stopped by whatever stops queries or the storing of results. */
function concerns(reason: HaltReason, { queued, submitting }: StateCounts): boolean {
  if (queued + submitting > 0) return stops(reason, 'submit');
  return stops(reason, 'query') || stopsDownloads(reason);
}

/** What the present links need next; the rest follows from it. */
function neededStages({ queued, submitting, processing, downloading }: StateCounts): Stage[] {
  return [
    ...(queued + submitting > 0 ? (['submit'] as const) : []),
    ...(queued + submitting + processing > 0 ? (['status-check'] as const) : []),
    ...(queued + submitting + processing + downloading > 0 ? (['download'] as const) : []),
  ];
}
