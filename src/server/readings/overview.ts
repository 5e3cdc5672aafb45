/**
 * The state of everything, as one reading: what the overview shows, the metrics count and the alerts watch.
 * About fifteen small Redis calls; whoever shows it live reads it once a second at most (see remember.ts).
 */

import { type GateState, readGate } from '../../shared/gate-state/gate-state.ts';
import { type Halt, listHalts } from '../../shared/gate-state/halts.ts';
import { type Batch, type StateCounts, unfinished } from '../../shared/ledger/batch.ts';
import type { OldestWaiting } from '../../shared/ledger/search.ts';
import { usualPrice } from '../../shared/models/price.ts';
import { listWorkers, type PresentWorker } from '../../shared/presence/worker-presence.ts';
import type { ServerDeps } from '../server-deps.ts';
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
  /** What a task of the default model costs. */
  /** Null where it is not known. */
  readonly creditsPerTask: number | null;
  readonly storage: StorageReading;
  readonly isPaused: boolean;
}

/** What the overview shows is fewer; the alerts watch them all. */
const batchesRead = 32;
const rateWindowMs = 90_000;

export async function readOverview(deps: ServerDeps, credits: CreditsReading | null): Promise<Overview> {
  const { redis, prefix, ledger, search, storage, models, operations } = deps;
  const [first] = models.list();
  const oldest = await search.oldestWaiting();
  const [counts, halts, submitGate, queryGate, workers, names, samples, freeBytes, isPaused] =
    await Promise.all([
      ledger.counts(),
      listHalts(redis, prefix),
      readGate(redis, prefix, 'submit'),
      readGate(redis, prefix, 'query'),
      listWorkers(redis, prefix),
      ledger.batchNames(),
      samplesSince(redis, prefix, oldest.now - rateWindowMs),
      storage.freeBytes().catch(() => undefined),
      operations.isAllPaused(),
    ]);
  return {
    at: oldest.now,
    counts,
    halts,
    submitGate,
    queryGate,
    oldest,
    workers,
    batches: await latestBatches(names, deps),
    batchCount: names.length,
    rates: ratesOf(samples, oldest.now),
    credits,
    creditsPerTask: first === undefined ? null : usualPrice(first),
    storage: { name: storage.name, freeBytes: freeBytes ?? null },
    isPaused,
  };
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
export function sampleOf(overview: Overview, at: number): Sample {
  const { counts, submitGate, oldest } = overview;
  const limit = submitGate?.limit;
  return {
    at,
    waiting: counts.queued,
    atVendor: counts.submitting + counts.processing,
    downloading: counts.downloading,
    saved: counts.saved,
    failed: counts.failed,
    admitted: submitGate?.admitted ?? 0,
    refused: submitGate?.refused ?? 0,
    limitPer10s: limit === undefined ? 0 : (limit.max / limit.windowMs) * 10_000,
    oldestWaitingMs: oldest.queuedAt === null ? 0 : Math.max(0, oldest.now - oldest.queuedAt),
  };
}
