/** What the API shows of batches, items and the whole, in the shapes of schemas.ts. Pure. */
import type { z } from 'zod';
import type { WrittenAuditEntry } from '../../shared/audit/audit-log.ts';
import {
  batchEtaMs,
  batchSituation,
  situationOfWork,
  vendorPauseIn,
} from '../../shared/gate-state/outlook.ts';
import type { StoryEvent } from '../../shared/item-history/item-history.ts';
import { type Batch, totalOf, unfinished } from '../../shared/ledger/batch.ts';
import type { Item } from '../../shared/ledger/item.ts';
import type { CostForecast } from '../../shared/models/estimate.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { statedPrice } from '../../shared/models/price.ts';
import type { PresentWorker } from '../../shared/presence/worker-presence.ts';
import { describeDearer } from '../../shared/wording/dearer.ts';
import { exportRow } from '../../shared/wording/export-row.ts';
import { viewHalt, viewPause } from '../../shared/wording/halt-view.ts';
import { viewPriceSource } from '../../shared/wording/price-source.ts';
import type { Overview } from '../readings/overview.ts';
import { overviewHeadline } from '../readings/overview-headline.ts';
import { problemsOf, scheduleProblem } from '../readings/problems.ts';
import type { ScheduleReading } from '../server-deps.ts';
import type {
  auditSchema,
  batchSchema,
  costSchema,
  eventSchema,
  itemSchema,
  modelsSchema,
  overviewSchema,
  scheduleSchema,
  stuckSchema,
  workersSchema,
} from './schemas.ts';

const iso = (at: number) => new Date(at).toISOString();

export function viewBatch(batch: Batch, overview: Overview): z.input<typeof batchSchema> {
  const etaMs = batchEtaMs(batch, overview);
  const { name, model, createdAt, counts, failures, isPaused, priority } = batch;
  return {
    batch: name,
    model,
    createdAt: iso(createdAt),
    ended: unfinished(counts) === 0,
    situation: batchSituation(batch, overview).kind,
    etaSeconds: etaMs === null ? null : Math.round(etaMs / 1000),
    paused: isPaused,
    pausedBecause: describeDearer(batch),
    priority,
    total: totalOf(counts),
    states: counts,
    failures,
    possiblyPaidTwice: batch.possiblyPaidTwice,
    creditsSpent: batch.creditsSpent,
    budget: batch.budget,
    bytes: batch.bytes,
  };
}

export function viewItem(item: Item, batch = item.batch): z.input<typeof itemSchema> {
  const row = exportRow(item, batch);
  return {
    ...row,
    inputs: row.inputs === null ? null : { ...row.inputs },
    taskIds: [...row.taskIds],
    row: row.row && { ...row.row, columns: { ...row.row.columns } },
  };
}

export function viewEvent({ at, firstAt, times, kind, message }: StoryEvent): z.input<typeof eventSchema> {
  return { at: iso(at), firstAt: iso(firstAt), times, kind, message };
}

export function viewOverview(overview: Overview): z.input<typeof overviewSchema> {
  const { at, counts, halts, submitGate, rates, oldest, credits, storage, workers, isAllPaused } = overview;
  const pause = vendorPauseIn(overview);
  return {
    at: iso(at),
    states: counts,
    halts: halts.map(viewHalt),
    paused: isAllPaused,
    vendorPause: pause === null ? null : viewPause(pause),
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
    situation: situationOfWork(overview).kind,
    headline: overviewHeadline(overview).message,
    problems: problemsOf(overview).map(({ kind, message }) => ({ kind, message })),
  };
}

export function viewCost(cost: CostForecast): z.input<typeof costSchema> {
  return { kind: cost.kind, credits: cost.kind === 'unknown' ? null : cost.credits, basis: cost.basis };
}

export function viewModel(
  model: ModelDefinition,
  now: number,
): z.input<typeof modelsSchema>['models'][number] {
  const { id, title, state, input, inputs } = model;
  return {
    id,
    title,
    state: state.kind,
    videoField: input.linkField,
    requires: Object.entries(inputs).flatMap(([name, { required }]) => (required ? [name] : [])),
    price: statedPrice(model),
    priceSource: viewPriceSource(model, now),
  };
}

export function viewWorker({
  id,
  host,
  pid,
  version,
  startedAt,
  isAlive,
  saidMsAgo,
  stages,
  rssBytes,
  holding,
}: PresentWorker): z.input<typeof workersSchema>['workers'][number] {
  return {
    id,
    host,
    pid,
    version: version ?? null,
    startedAt: iso(startedAt),
    alive: isAlive,
    saidSecondsAgo: Math.round(saidMsAgo / 1000),
    stages: [...stages],
    memoryBytes: rssBytes ?? null,
    holding: Object.fromEntries(Object.entries(holding).map(([stage, ids]) => [stage, [...ids]])),
  };
}

export function viewStuck({ overlong, overlongLimits }: Overview): z.input<typeof stuckSchema> {
  const { tasks, downloads, items } = overlong;
  return {
    tasks,
    downloads,
    taskLimitSeconds: overlongLimits.task / 1000,
    downloadLimitSeconds: overlongLimits.download / 1000,
    items: items.map(({ id, state, since }) => ({ id, state, since: iso(since) })),
  };
}

export function viewAuditEntry({
  at,
  ...entry
}: WrittenAuditEntry): z.input<typeof auditSchema>['entries'][number] {
  return { at: iso(at), ...entry };
}

export function viewSchedule(schedule: ScheduleReading, at: number): z.input<typeof scheduleSchema> {
  const { name, cron, timeZone, source, model, isPaused, maxCredits, nextAt, ticks, running, runs } =
    schedule;
  return {
    name,
    cron,
    timeZone,
    source,
    model,
    paused: isPaused,
    budget: maxCredits,
    nextAt: nextAt === null ? null : iso(nextAt),
    next: ticks.map(iso),
    runningSince: running === null ? null : iso(running.startedAt),
    problem: scheduleProblem(schedule, at)[0]?.message ?? null,
    runs: runs.map(({ startedAt, endedAt, by, batch, accepted, known, invalid, error, skippedTicks }) => ({
      startedAt: iso(startedAt),
      endedAt: iso(endedAt),
      by,
      batch,
      accepted,
      known,
      invalid,
      error,
      skippedTicks,
    })),
  };
}
