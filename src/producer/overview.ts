/**
 * Everything a person wants to see of batches at once: counts, halts, rate and when they will be done. Read by
 * `status`, `watch` and `run`; a handful of small calls, whatever the size of the batches.
 */

import { type Forecast, forecast, type Rate, rateOf } from '../shared/gate-state/forecast.ts';
import { readGate } from '../shared/gate-state/gate-state.ts';
import { type Halt, listHalts } from '../shared/gate-state/halts.ts';
import { pauseLeftMs, type VendorPause, vendorPauseOf } from '../shared/gate-state/vendor-pause.ts';
import type { Batch } from '../shared/ledger/batch.ts';
import { createBatchOperations } from '../shared/ledger/batch-operations.ts';
import { ledgerKeys } from '../shared/ledger/keys.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { ModelRegistry } from '../shared/models/load-models.ts';
import { isWorkedOn, listWorkers } from '../shared/presence/worker-presence.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';

export interface SeenBatch extends Batch {
  readonly forecast: Forecast;
}

export interface Overview {
  readonly batches: readonly SeenBatch[];
  readonly halts: readonly Halt[];
  /** Null before the first task. */
  readonly rate: Rate | null;
  /** A pause that the vendor has asked for; null for none that is worth telling. */
  readonly vendorPause: VendorPause | null;
  readonly isAllPaused: boolean;
}

export interface OverviewDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly models: ModelRegistry;
}

/** @param names undefined: all batches, the oldest first; unknown ones are left out */
export async function readOverview(
  names: readonly string[] | undefined,
  { redis, prefix, ledger, models }: OverviewDeps,
): Promise<Overview> {
  const read = async (some: readonly string[]) =>
    (await Promise.all(some.map((name) => ledger.batch(name)))).filter((batch) => batch !== null);
  const [batches, inRotation, halts, gate, queryGate, now, isAllPaused, workers] = await Promise.all([
    Promise.resolve(names ?? ledger.batchNames()).then(read),
    redis.zrange(ledgerKeys(prefix).rotation, '0', '-1').then(read),
    listHalts({ redis, prefix }),
    readGate({ redis, prefix }, 'submit'),
    readGate({ redis, prefix }, 'query'),
    ledger.now(),
    createBatchOperations({ redis, prefix }).isAllPaused(),
    listWorkers({ redis, prefix }),
  ]);
  const rate = rateOf(gate);
  const typicalMs = (model: string) => models.list().find(({ id }) => id === model)?.typicalMs ?? 0;
  const seen = batches.map((batch) => {
    const facts = {
      waiting: inRotation,
      rate,
      halts,
      isAllPaused,
      isWorkedOn: isWorkedOn(batch, workers),
      pauseLeftMs: { submit: pauseLeftMs(gate, now), query: pauseLeftMs(queryGate, now) },
      typicalMs: typicalMs(batch.model),
    };
    return { ...batch, forecast: forecast(batch, facts) };
  });
  return { batches: seen, halts, rate, vendorPause: vendorPauseOf([gate, queryGate], now), isAllPaused };
}
