/** What the API shows of batches, items and the whole, in the shapes of schemas.ts. Pure. */
import type { z } from 'zod';
import { vendorPauseOf } from '../../shared/gate-state/vendor-pause.ts';
import type { StoryEvent } from '../../shared/item-history/item-history.ts';
import { type Batch, totalOf, unfinished } from '../../shared/ledger/batch.ts';
import type { Item } from '../../shared/ledger/item.ts';
import { adviceFor } from '../../shared/vendor/halt-advice.ts';
import { describeDearer } from '../../shared/wording/dearer.ts';
import { exportRow } from '../../shared/wording/export-row.ts';
import type { Overview } from '../readings/overview.ts';
import type { batchSchema, eventSchema, itemSchema, overviewSchema } from './schemas.ts';

const iso = (at: number) => new Date(at).toISOString();

export function viewBatch(batch: Batch): z.input<typeof batchSchema> {
  const { name, model, createdAt, counts, failures, isPaused, priority } = batch;
  return {
    batch: name,
    model,
    createdAt: iso(createdAt),
    ended: unfinished(counts) === 0,
    paused: isPaused,
    pausedBecause: describeDearer(batch),
    priority,
    total: totalOf(counts),
    states: counts,
    failures,
    possiblyPaidTwice: batch.possiblyPaidTwice,
    creditsSpent: batch.creditsSpent,
    bytes: batch.bytes,
  };
}

export function viewItem(item: Item, batch = item.batch): z.input<typeof itemSchema> {
  const row = exportRow(item, batch);
  return { ...row, inputs: row.inputs === null ? null : { ...row.inputs }, taskIds: [...row.taskIds] };
}

export function viewEvent({ at, firstAt, times, kind, words }: StoryEvent): z.input<typeof eventSchema> {
  return { at: iso(at), firstAt: iso(firstAt), times, kind, words };
}

export function viewOverview(overview: Overview): z.input<typeof overviewSchema> {
  const { at, counts, halts, submitGate, queryGate, rates, oldest, credits, storage, workers, isPaused } =
    overview;
  const pause = vendorPauseOf([submitGate, queryGate], at);
  return {
    at: iso(at),
    states: counts,
    halts: halts.map(({ reason, model, since, message, nextProbeAt }) => ({
      reason,
      model,
      since: iso(since),
      message,
      advice: adviceFor({ reason, model }),
      nextProbeAt: iso(nextProbeAt),
    })),
    paused: isPaused,
    vendorPause: pause === null ? null : { ...pause, since: iso(pause.since), until: iso(pause.until) },
    limit:
      submitGate === null
        ? null
        : {
            ...submitGate.limit,
            used: submitGate.usedSlots,
            admitted: submitGate.admitted,
            refused: submitGate.refused,
          },
    admittedPer10s: rates?.admittedPer10s ?? null,
    savedPerMinute: rates?.savedPerMinute ?? null,
    oldestWaitingSeconds:
      oldest.queuedAt === null ? null : Math.max(0, (oldest.now - oldest.queuedAt) / 1000),
    credits: credits?.credits ?? null,
    freeBytes: storage.freeBytes,
    workersAlive: workers.filter(({ isAlive }) => isAlive).length,
  };
}
