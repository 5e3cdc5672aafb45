/**
 * The state of everything, as one reading: what the overview shows, the metrics count and the alerts watch.
 * About thirty small Redis calls; live views read it once a second at most (see remember.ts).
 */

import { type GateState, readGate } from '../../shared/gate-state/gate-state.ts';
import { type Halt, listHalts } from '../../shared/gate-state/halts.ts';
import { longestSeenMs } from '../../shared/item-history/measures.ts';
import type { Stage } from '../../shared/jobs/catalogue.ts';
import { readPausedQueues } from '../../shared/jobs/paused-queues.ts';
import { type Batch, type StateCounts, unfinished } from '../../shared/ledger/batch.ts';
import { readRotation, waitingOf } from '../../shared/ledger/rotation.ts';
import type { OldestWaiting, Overlong, OverlongLimits } from '../../shared/ledger/search.ts';
import { listWorkers, type PresentWorker } from '../../shared/presence/worker-presence.ts';
import type { ScheduleReading, ServerDeps } from '../server-deps.ts';
import type { CreditsReading } from './credits.ts';
import { type Rates, ratesOf } from './rates.ts';
import { type Sample, samplesSince } from './samples.ts';

export interface StorageReading {
  readonly name: string;
  /** Null where the storage knows no bound. */
  readonly freeBytes: number | null;
}

export interface Overview {
  /** Redis's clock, Unix milliseconds. */
  readonly at: number;
  readonly counts: StateCounts;
  readonly halts: readonly Halt[];
  readonly submitGate: GateState | null;
  readonly queryGate: GateState | null;
  readonly oldest: OldestWaiting;
  readonly workers: readonly PresentWorker[];
  /** The latest batches, newest first. */
  readonly batches: readonly Batch[];
  readonly batchCount: number;
  readonly rates: Rates | null;
  readonly credits: CreditsReading | null;
  /** Batches with links under way that no pause by name holds back, in no order. */
  readonly waiting: readonly Batch[];
  /** What a task of each model of these batches costs; null where nobody knows yet. */
  readonly prices: Readonly<Record<string, number | null>>;
  readonly storage: StorageReading;
  readonly isPaused: boolean;
  /** How long a task of the slowest model under way usually takes. */
  readonly typicalMs: number;
  /** Waiting links that no pause of a batch holds back. */
  readonly runnable: number;
  /** Paused in Bull Board. */
  readonly pausedQueues: readonly Stage[];
  readonly overlong: Overlong;
  readonly overlongLimits: OverlongLimits;
  readonly schedules: readonly ScheduleReading[];
}

/** What the overview shows is fewer; the alerts watch them all. */
const batchesRead = 32;
const rateWindowMs = 90_000;

export async function readOverview(deps: ServerDeps, credits: CreditsReading | null): Promise<Overview> {
  const { redis, prefix, ledger, search, storage, models, operations } = deps;
  const oldest = await search.oldestWaiting();
  const measures = await deps.itemHistory.measures();
  const overlongLimits = overlongLimitsOf(measures, models.list());
  const [
    counts,
    halts,
    submitGate,
    queryGate,
    workers,
    names,
    samples,
    freeBytes,
    isPaused,
    rotation,
    pausedQueues,
    overlong,
    schedules,
  ] = await Promise.all([
    ledger.counts(),
    listHalts({ redis, prefix }),
    readGate({ redis, prefix }, 'submit'),
    readGate({ redis, prefix }, 'query'),
    listWorkers({ redis, prefix }),
    ledger.batchNames(),
    samplesSince({ redis, prefix }, oldest.now - rateWindowMs),
    storage.freeBytes().catch(() => undefined),
    operations.isAllPaused(),
    readRotation(deps, ledger),
    readPausedQueues(deps),
    search.overlong(overlongLimits),
    deps.schedules.list(),
  ]);
  const batches = await latestBatches(names, deps);
  const waiting = waitingOf([...rotation.batches, ...batches]);
  return {
    at: oldest.now,
    counts,
    halts,
    submitGate,
    queryGate,
    oldest,
    workers,
    batches,
    typicalMs: typicalMsOf(batches, models.list()),
    batchCount: names.length,
    rates: ratesOf(samples, oldest.now),
    credits,
    waiting,
    prices: await pricesOf(waiting, deps),
    storage: { name: storage.name, freeBytes: freeBytes ?? null },
    isPaused,
    runnable: Math.min(rotation.runnable, counts.queued),
    pausedQueues,
    overlong,
    overlongLimits,
    schedules,
  };
}

async function pricesOf(waiting: readonly Batch[], { operations }: ServerDeps) {
  const models = [...new Set(waiting.map(({ model }) => model))];
  const prices = await Promise.all(models.map(operations.priceOf));
  return Object.fromEntries(models.map((model, index) => [model, prices[index] ?? null]));
}

function typicalMsOf(
  batches: readonly Batch[],
  models: readonly { readonly id: string; readonly typicalMs: number }[],
): number {
  const used = batches.filter(({ counts }) => unfinished(counts) > 0).map(({ model }) => model);
  return Math.max(0, ...models.filter(({ id }) => used.includes(id)).map((model) => model.typicalMs));
}

const leastOverlongMs = { task: 10 * 60_000, download: 15 * 60_000 } as const;
const mostOverlongMs = 8 * 3_600_000;

/** Twice what any has taken so far; before one has ended, ten times what the slowest model usually takes. Pure. */
export function overlongLimitsOf(
  measures: ReadonlyMap<string, number>,
  models: readonly { readonly typicalMs: number }[],
): OverlongLimits {
  const typicalMs = Math.max(0, ...models.slice(0, 1).map((model) => model.typicalMs));
  const limit = (name: 'task' | 'download', unknownMs: number) =>
    Math.min(
      mostOverlongMs,
      Math.max(leastOverlongMs[name], 2 * (longestSeenMs(measures, name) ?? unknownMs / 2)),
    );
  return { task: limit('task', 10 * typicalMs), download: limit('download', 0) };
}

/** Those that are still going first, then the newest. */
async function latestBatches(names: readonly string[], { ledger }: ServerDeps): Promise<Batch[]> {
  const latest = names.slice(-batchesRead).reverse();
  const found = (await Promise.all(latest.map((name) => ledger.batch(name)))).filter(
    (batch) => batch !== null,
  );
  const going = found.filter(({ counts }) => unfinished(counts) > 0);
  const ended = found.filter(({ counts }) => unfinished(counts) === 0);
  return [...going, ...ended];
}

/** @param at a multiple of the sampling interval */
export function sampleOf({ counts, submitGate, oldest }: Overview, at: number): Sample {
  const limit = submitGate?.limit;
  return {
    ...countSample(counts, at),
    admitted: submitGate?.admitted ?? 0,
    refused: submitGate?.refused ?? 0,
    limitPer10s: limit === undefined ? 0 : (limit.max / limit.windowMs) * 10_000,
    oldestWaitingMs: oldest.queuedAt === null ? 0 : Math.max(0, oldest.now - oldest.queuedAt),
  };
}

/** Of a batch: what belongs to the gate is 0. */
export function countSample(counts: StateCounts, at: number): Sample {
  return {
    at,
    waiting: counts.queued,
    atVendor: counts.submitting + counts.processing,
    downloading: counts.downloading,
    saved: counts.saved,
    failed: counts.failed,
    admitted: 0,
    refused: 0,
    limitPer10s: 0,
    oldestWaitingMs: 0,
  };
}
