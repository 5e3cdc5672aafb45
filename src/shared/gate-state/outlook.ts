/**
 * Why links move or not, and the time left, in total and for each batch, from one reading of Redis. Used by command
 * line, pages, API, metrics and alerts. About thirty small calls, whatever the size of the batches.
 */
import type { Stage } from '../jobs/catalogue.ts';
import { readPausedQueues } from '../jobs/paused-queues.ts';
import { type Batch, type StateCounts, unfinished } from '../ledger/batch.ts';
import { createBatchOperations } from '../ledger/batch-operations.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { readRotation, waitingOf } from '../ledger/rotation.ts';
import type { ModelRegistry } from '../models/load-models.ts';
import { listWorkers, type PresentWorker } from '../presence/worker-presence.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import { forecast, forecastAll, rateOf } from './forecast.ts';
import { type GateState, readGate } from './gate-state.ts';
import { type Halt, listHalts } from './halts.ts';
import {
  linksOfHaltedModels,
  type Situation,
  situationOfAll,
  situationOfBatch,
  type WorkReading,
} from './situation.ts';
import { pauseLeftMs, type VendorPause, vendorPauseOf } from './vendor-pause.ts';

export interface Work {
  /** Redis's clock, Unix milliseconds. */
  readonly at: number;
  /** Of all batches. */
  readonly counts: StateCounts;
  readonly halts: readonly Halt[];
  readonly submitGate: GateState | null;
  readonly queryGate: GateState | null;
  readonly workers: readonly PresentWorker[];
  /** By a person. */
  readonly isAllPaused: boolean;
  /** Paused in Bull Board. */
  readonly pausedQueues: readonly Stage[];
  /** Batches with unfinished links that are not paused by name, in no order. */
  readonly waiting: readonly Batch[];
  /** Of these, those whose links move now: found once, as the time left of each batch depends on all of them. */
  readonly moving: readonly Batch[];
  /** Waiting links that no pause of a batch holds back. */
  readonly runnable: number;
  /** How long a task usually takes, by model. */
  readonly typicalMs: Readonly<Record<string, number>>;
  /** The same for the slowest model in use. */
  readonly slowestMs: number;
}

export interface WorkDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly models: ModelRegistry;
}

/** @param batches those that are shown; each counts once, whether it has a backlog or not */
export async function readWork(
  batches: readonly Batch[],
  { redis, prefix, ledger, models }: WorkDeps,
): Promise<Work> {
  const keyspace = { redis, prefix };
  const [at, counts, halts, submitGate, queryGate, workers, isAllPaused, pausedQueues, rotation] =
    await Promise.all([
      ledger.now(),
      ledger.counts(),
      listHalts(keyspace),
      readGate(keyspace, 'submit'),
      readGate(keyspace, 'query'),
      listWorkers(keyspace),
      createBatchOperations(keyspace).isAllPaused(),
      readPausedQueues(keyspace),
      readRotation(keyspace, ledger),
    ]);
  const typicalMs = Object.fromEntries(models.list().map((model) => [model.id, model.typicalMs]));
  const going = batches.filter((batch) => unfinished(batch.counts) > 0);
  const reading = {
    at,
    counts,
    halts,
    submitGate,
    queryGate,
    workers,
    isAllPaused,
    pausedQueues,
    waiting: waitingOf([...rotation.batches, ...batches]),
    runnable: Math.min(rotation.runnable, counts.queued),
    typicalMs,
    slowestMs: going.reduce((most, { model }) => Math.max(most, typicalMs[model] ?? 0), 0),
  };
  return { ...reading, moving: movingIn(reading) };
}

function movingIn(work: Omit<Work, 'moving'>): Batch[] {
  const reading = workReading(work);
  return work.waiting.filter((batch) => situationOfBatch(batch, reading).kind === 'running');
}

export function situationOfWork(work: Work): Situation {
  return situationOfAll(work, workReading(work));
}

export function batchSituation(batch: Batch, work: Work): Situation {
  return situationOfBatch(batch, workReading(work));
}

export function haltedLinks({ waiting, halts }: Pick<Work, 'waiting' | 'halts'>): number {
  return linksOfHaltedModels(waiting, halts);
}

/** Null if unknown: nothing moves, or no task was created yet. 0 when everything has ended. */
export function workEtaMs(work: Work): number | null {
  const runnable = Math.max(0, work.runnable - haltedLinks(work));
  const facts = { ...paceOf(work), typicalMs: work.slowestMs };
  return forecastAll(situationOfWork(work), { counts: work.counts, runnable }, facts);
}

export function batchEtaMs(batch: Batch, work: Work): number | null {
  const facts = { ...paceOf(work), waiting: work.moving, typicalMs: work.typicalMs[batch.model] ?? 0 };
  return forecast(batchSituation(batch, work), batch, facts);
}

/** A pause that the vendor has asked for; null for none, or a short one. */
export function vendorPauseIn({
  submitGate,
  queryGate,
  at,
}: Pick<Work, 'submitGate' | 'queryGate' | 'at'>): VendorPause | null {
  return vendorPauseOf([submitGate, queryGate], at);
}

function workReading(work: Omit<Work, 'moving'>): WorkReading {
  const isVendorAway = [work.submitGate, work.queryGate].some((gate) => gate?.isTroubled);
  return { ...work, isVendorAway, vendorPause: vendorPauseIn(work) };
}

function paceOf({ submitGate, queryGate, at }: Work) {
  return {
    rate: rateOf(submitGate),
    pauseLeftMs: { submit: pauseLeftMs(submitGate, at), query: pauseLeftMs(queryGate, at) },
  };
}
