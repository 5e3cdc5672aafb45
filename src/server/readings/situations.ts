/** The situation and the time left of the whole and of a batch, from one reading. Pure. */
import { forecast, forecastAll, rateOf } from '../../shared/gate-state/forecast.ts';
import {
  linksOfHaltedModels,
  type Situation,
  situationOfAll,
  situationOfBatch,
  type WorkReading,
} from '../../shared/gate-state/situation.ts';
import { pauseLeftMs, vendorPauseOf } from '../../shared/gate-state/vendor-pause.ts';
import type { Batch } from '../../shared/ledger/batch.ts';
import type { Overview } from './overview.ts';

export function overviewSituation(overview: Overview): Situation {
  return situationOfAll(overview, workReading(overview));
}

export function batchSituation(batch: Batch, overview: Overview): Situation {
  return situationOfBatch(batch, workReading(overview));
}

function workReading(overview: Overview): WorkReading {
  const { isPaused, submitGate, queryGate, at } = overview;
  const gates = [submitGate, queryGate];
  return {
    ...overview,
    isAllPaused: isPaused,
    isVendorAway: gates.some((gate) => gate?.isTroubled),
    vendorPause: vendorPauseOf(gates, at),
  };
}

export function haltedLinks({ waiting, halts }: Overview): number {
  return linksOfHaltedModels(waiting, halts);
}

export function overviewEtaMs(overview: Overview): number | null {
  const runnable = Math.max(0, overview.runnable - haltedLinks(overview));
  const moving = { counts: overview.counts, runnable };
  return forecastAll(overviewSituation(overview), moving, forecastFacts(overview));
}

export function batchEtaMs(batch: Batch, overview: Overview, typicalMs: number): number | null {
  const waiting = overview.waiting.filter((each) => batchSituation(each, overview).kind === 'running');
  const facts = { ...forecastFacts(overview), waiting, typicalMs };
  return forecast(batchSituation(batch, overview), batch, facts);
}

function forecastFacts({ submitGate, queryGate, at, typicalMs }: Overview) {
  return {
    rate: rateOf(submitGate),
    pauseLeftMs: { submit: pauseLeftMs(submitGate, at), query: pauseLeftMs(queryGate, at) },
    typicalMs,
  };
}
