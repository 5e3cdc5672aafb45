/** The situation of the whole, of a batch and of a link, from one reading. Pure. */
import { forecastAll, rateOf } from '../../shared/gate-state/forecast.ts';
import { type Situation, situationOf } from '../../shared/gate-state/situation.ts';
import { pauseLeftMs, vendorPauseOf } from '../../shared/gate-state/vendor-pause.ts';
import type { Stage } from '../../shared/jobs/catalogue.ts';
import type { Batch } from '../../shared/ledger/batch.ts';
import type { Overview } from './overview.ts';

export function overviewSituation(overview: Overview): Situation {
  const { counts, runnable, halts } = overview;
  return situationOf({ ...common(overview), counts, runnable, halts });
}

export function batchSituation({ name, counts, isPaused, model }: Batch, overview: Overview): Situation {
  const halts = overview.halts.filter((halt) => halt.model === null || halt.model === model);
  const runnable = isPaused ? 0 : counts.queued;
  const workedOn = stagesFor(name, overview);
  return situationOf({ ...common(overview), workedOn, counts, runnable, halts });
}

/** A run submits the links of its own batch alone. */
function stagesFor(batch: string, { workers }: Overview): Stage[] {
  return workers
    .filter(({ isAlive }) => isAlive)
    .flatMap(({ stages, onlyBatch }) =>
      stages.filter((stage) => stage !== 'submit' || onlyBatch === null || onlyBatch === batch),
    );
}

function common({ isPaused, pausedQueues, workers, submitGate, queryGate, at }: Overview) {
  return {
    isAllPaused: isPaused,
    pausedQueues,
    workedOn: workers.filter(({ isAlive }) => isAlive).flatMap(({ stages }) => stages),
    vendorPause: vendorPauseOf([submitGate, queryGate], at),
  };
}

export function overviewEtaMs(overview: Overview, typicalMs: number): number | null {
  const { submitGate, queryGate, at } = overview;
  return forecastAll(overview, {
    rate: rateOf(submitGate),
    pauseLeftMs: { submit: pauseLeftMs(submitGate, at), query: pauseLeftMs(queryGate, at) },
    typicalMs,
  });
}
