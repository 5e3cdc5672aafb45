/** What the command line shows of batches at once: counts, halts, rate, when they will be done, or why they do not move. */
import { type Rate, rateOf } from '../shared/gate-state/forecast.ts';
import type { Halt } from '../shared/gate-state/halts.ts';
import {
  batchEtaMs,
  batchSituation,
  haltedLinks,
  readWork,
  situationOfWork,
  vendorPauseIn,
  type WorkDeps,
  workEtaMs,
} from '../shared/gate-state/outlook.ts';
import type { Situation } from '../shared/gate-state/situation.ts';
import type { VendorPause } from '../shared/gate-state/vendor-pause.ts';
import type { Batch, StateCounts } from '../shared/ledger/batch.ts';

interface Progress {
  readonly situation: Situation;
  readonly etaMs: number | null;
}

export interface SeenBatch extends Batch, Progress {}

export interface Overview {
  readonly batches: readonly SeenBatch[];
  readonly halts: readonly Halt[];
  /** Null before the first task. */
  readonly rate: Rate | null;
  readonly vendorPause: VendorPause | null;
  readonly isAllPaused: boolean;
  /** Of all batches, including those that were not requested. */
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

/** @param names undefined: all batches, the oldest first; unknown ones are left out */
export async function readOverview(names: readonly string[] | undefined, deps: WorkDeps): Promise<Overview> {
  const { ledger } = deps;
  const found = await Promise.all((names ?? (await ledger.batchNames())).map((name) => ledger.batch(name)));
  const batches = found.filter((batch) => batch !== null);
  const work = await readWork(batches, deps);
  const { counts, runnable, halts, isAllPaused, at } = work;
  return {
    batches: batches.map((batch) => ({
      ...batch,
      situation: batchSituation(batch, work),
      etaMs: batchEtaMs(batch, work),
    })),
    halts,
    rate: rateOf(work.submitGate),
    vendorPause: vendorPauseIn(work),
    isAllPaused,
    whole: {
      counts,
      runnable,
      halted: haltedLinks(work),
      situation: situationOfWork(work),
      etaMs: workEtaMs(work),
    },
    workersAlive: work.workers.filter(({ isAlive }) => isAlive).length,
    at,
  };
}
