/**
 * Everything a person wants to see of batches at once: counts, halts, rate, when they will be done, or why they do not
 * move. Read by the command line; some thirty small calls, whatever the size of the batches.
 */
import { forecast, forecastAll, type Rate, rateOf } from '../shared/gate-state/forecast.ts';
import { readGate } from '../shared/gate-state/gate-state.ts';
import { type Halt, listHalts } from '../shared/gate-state/halts.ts';
import {
  linksOfHaltedModels,
  type Situation,
  situationOfAll,
  situationOfBatch,
} from '../shared/gate-state/situation.ts';
import { pauseLeftMs, type VendorPause, vendorPauseOf } from '../shared/gate-state/vendor-pause.ts';
import { readPausedQueues } from '../shared/jobs/paused-queues.ts';
import { type Batch, type StateCounts, unfinished } from '../shared/ledger/batch.ts';
import { createBatchOperations } from '../shared/ledger/batch-operations.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { readRotation, waitingOf } from '../shared/ledger/rotation.ts';
import type { ModelRegistry } from '../shared/models/load-models.ts';
import { listWorkers } from '../shared/presence/worker-presence.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';

interface Progress {
  readonly situation: Situation;
  /** Null when nobody can tell: nothing moves, or no task was made yet. 0 when all has ended. */
  readonly etaMs: number | null;
}

export interface SeenBatch extends Batch, Progress {}

export interface Overview {
  readonly batches: readonly SeenBatch[];
  readonly halts: readonly Halt[];
  /** Null before the first task. */
  readonly rate: Rate | null;
  /** A pause that the vendor has asked for; null for none that is worth telling. */
  readonly vendorPause: VendorPause | null;
  readonly isAllPaused: boolean;
  /** Of all batches, also of those that were not asked for. */
  readonly whole: Progress & {
    readonly counts: StateCounts;
    readonly runnable: number;
    /** Waiting links of models that are halted while others move. */
    readonly halted: number;
  };
  readonly workersAlive: number;
  /** Redis's clock, Unix milliseconds. */
  readonly at: number;
}

export interface OverviewDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly models: ModelRegistry;
}

/** @param names undefined: all batches, the oldest first; unknown ones are left out */
export async function readOverview(
  names: readonly string[] | undefined,
  { ledger, models, ...keyspace }: OverviewDeps,
): Promise<Overview> {
  const read = async (some: readonly string[]) =>
    (await Promise.all(some.map((name) => ledger.batch(name)))).filter((batch) => batch !== null);
  const [batches, rotation, counts, halts, gate, queryGate, at, isAllPaused, pausedQueues, workers] =
    await Promise.all([
      Promise.resolve(names ?? ledger.batchNames()).then(read),
      readRotation(keyspace, ledger),
      ledger.counts(),
      listHalts(keyspace),
      readGate(keyspace, 'submit'),
      readGate(keyspace, 'query'),
      ledger.now(),
      createBatchOperations(keyspace).isAllPaused(),
      readPausedQueues(keyspace),
      listWorkers(keyspace),
    ]);
  const gates = [gate, queryGate];
  const isVendorAway = gates.some((each) => each?.isTroubled);
  const vendorPause = vendorPauseOf(gates, at);
  const reading = { halts, isAllPaused, pausedQueues, workers, isVendorAway, vendorPause };
  const typicalMs = (model: string) => models.list().find(({ id }) => id === model)?.typicalMs ?? 0;
  const pace = {
    rate: rateOf(gate),
    pauseLeftMs: { submit: pauseLeftMs(gate, at), query: pauseLeftMs(queryGate, at) },
  };
  const waiting = rotation.batches.filter((batch) => situationOfBatch(batch, reading).kind === 'running');
  const seen = batches.map((batch) => {
    const situation = situationOfBatch(batch, reading);
    const facts = { ...pace, waiting, typicalMs: typicalMs(batch.model) };
    return { ...batch, situation, etaMs: forecast(situation, batch, facts) };
  });
  const links = { counts, runnable: Math.min(rotation.runnable, counts.queued) };
  const all = waitingOf([...rotation.batches, ...batches]);
  const halted = linksOfHaltedModels(all, halts);
  const situation = situationOfAll({ ...links, waiting: all }, reading);
  const moving = { ...links, runnable: Math.max(0, links.runnable - halted) };
  const slowestMs = Math.max(
    0,
    ...batches.filter((batch) => unfinished(batch.counts) > 0).map(({ model }) => typicalMs(model)),
  );
  return {
    batches: seen,
    halts,
    rate: pace.rate,
    vendorPause,
    isAllPaused,
    whole: {
      ...links,
      halted,
      situation,
      etaMs: forecastAll(situation, moving, { ...pace, typicalMs: slowestMs }),
    },
    workersAlive: workers.filter(({ isAlive }) => isAlive).length,
    at,
  };
}
