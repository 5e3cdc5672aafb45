/**
 * The state of everything, as one reading: what the overview shows, the metrics count and the alerts watch.
 * About thirty small Redis calls; live views read it once a second at most (see remember.ts).
 */
import { readWork, type Work } from '../../shared/gate-state/outlook.ts';
import { longestSeenMs } from '../../shared/item-history/measures.ts';
import { type Batch, type StateCounts, unfinished } from '../../shared/ledger/batch.ts';
import type { OldestWaiting, Overlong, OverlongLimits } from '../../shared/ledger/search/waiting-items.ts';
import type { ScheduleReading, ServerDeps } from '../server-deps.ts';
import type { CreditsReading } from './credits.ts';
import { type Rates, ratesOf } from './rates.ts';
import { emptySample, type Sample, samplesSince } from './samples.ts';
import type { VendorCallReading } from './vendor-calls.ts';

interface StorageReading {
  readonly name: string;
  /** Null where the storage knows no bound. */
  readonly freeBytes: number | null;
}

export interface Overview extends Work {
  readonly oldest: OldestWaiting;
  /** The latest batches, newest first. */
  readonly batches: readonly Batch[];
  readonly batchCount: number;
  readonly rates: Rates | null;
  readonly credits: CreditsReading | null;
  /** The price of a task for each model of these batches; null if unknown. */
  readonly prices: Readonly<Record<string, number | null>>;
  readonly storage: StorageReading;
  readonly overlong: Overlong;
  readonly overlongLimits: OverlongLimits;
  readonly schedules: readonly ScheduleReading[];
  readonly vendorCalls: VendorCallReading;
}

/** More than the overview shows: the alerts watch them all. */
const batchesRead = 32;
const rateWindowMs = 90_000;

export async function readOverview(
  deps: ServerDeps,
  credits: CreditsReading | null,
  readCalls: () => Promise<VendorCallReading>,
): Promise<Overview> {
  const { redis, prefix, ledger, search, storage, models, clock } = deps;
  const [names, measures] = await Promise.all([ledger.batchNames(), deps.itemHistory.measures()]);
  const batches = await latestBatches(names, deps);
  const overlongLimits = overlongLimitsOf(measures, models.list());
  const [work, oldest, samples, freeBytes, overlong, schedules, vendorCalls] = await Promise.all([
    readWork(batches, deps),
    search.oldestWaiting(),
    samplesSince({ redis, prefix }, clock.now() - rateWindowMs),
    storage.freeBytes().catch(() => undefined),
    search.overlong(overlongLimits),
    deps.schedules.list(),
    readCalls(),
  ]);
  return {
    ...work,
    oldest,
    batches,
    batchCount: names.length,
    rates: ratesOf(samples, work.at),
    credits,
    prices: await pricesOf(work.waiting, deps),
    storage: { name: storage.name, freeBytes: freeBytes ?? null },
    overlong,
    overlongLimits,
    schedules,
    vendorCalls,
  };
}

async function pricesOf(waiting: readonly Batch[], { operations }: ServerDeps) {
  const models = [...new Set(waiting.map(({ model }) => model))];
  const prices = await Promise.all(models.map(operations.priceOf));
  return Object.fromEntries(models.map((model, index) => [model, prices[index] ?? null]));
}

const leastOverlongMs = { task: 10 * 60_000, download: 15 * 60_000 } as const;
const mostOverlongMs = 8 * 3_600_000;

/** Twice the longest so far; before the first one has ended, ten times the usual time of the slowest model. Pure. */
function overlongLimitsOf(
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
export function sampleOf({ counts, submitGate, oldest, vendorCalls }: Overview, at: number): Sample {
  const limit = submitGate?.limit;
  const { minute, total } = vendorCalls;
  return {
    ...countSample(counts, at),
    medianMs: minute.all.medianMs ?? 0,
    p95Ms: minute.all.p95Ms ?? 0,
    throttled: total.throttled,
    halted: total.halted,
    serverErrors: total['server-error'],
    noAnswers: total['no-answer'],
    admitted: submitGate?.admitted ?? 0,
    refused: submitGate?.refused ?? 0,
    limitPer10s: limit === undefined ? 0 : (limit.max / limit.windowMs) * 10_000,
    oldestWaitingMs: oldest.queuedAt === null ? 0 : Math.max(0, oldest.now - oldest.queuedAt),
  };
}

/** Of a batch: what belongs to the gate is 0. */
export function countSample(counts: StateCounts, at: number): Sample {
  return {
    ...emptySample(at),
    waiting: counts.queued,
    atVendor: counts.submitting + counts.processing,
    downloading: counts.downloading,
    saved: counts.saved,
    failed: counts.failed,
  };
}
