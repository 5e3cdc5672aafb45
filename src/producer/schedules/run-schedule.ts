/**
 * One run of a schedule, by a tick or by a person: enqueues the new links of its source in a batch and records the
 * result. Never two of the same schedule at once. An error of the source is the run's result, and the next tick tries
 * again; only an interruption from outside is thrown.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import type { Logger } from '../../shared/logging/logger.ts';
import type { ModelRegistry } from '../../shared/models/load-models.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { checkShared } from '../../shared/models/resolve-inputs.ts';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import { announceCost } from '../announce-cost.ts';
import type { KeptColumns } from '../kept-row.ts';
import { openAnnounced } from '../open-batch.ts';
import { openSource, type SourceDeps } from '../sources/open-source.ts';
import { parseSourceAddress } from '../sources/source-address.ts';
import { createSourceMemory } from '../sources/source-memory.ts';
import { type Taken, takeSource } from '../sources/take-source.ts';
import { renderBatchName } from './batch-template.ts';
import { holdRun } from './run-hold.ts';
import type { Schedule, ScheduleRun, ScheduleRunning } from './schedule.ts';
import type { ScheduleStore } from './schedule-store.ts';

export interface RunScheduleDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly models: ModelRegistry;
  readonly store: ScheduleStore;
  readonly sources: SourceDeps;
  /** Where the files of batches lie, ending in `/`. */
  readonly storageRoot: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Columns of the lists that are carried along. */
  readonly keep?: KeptColumns;
  /** For people: where the run continues. */
  readonly host: string;
  /** There are new links. */
  readonly nudge: () => void;
}

export interface Tick {
  /** The same when it is picked up again. */
  readonly id: string;
  readonly at: number;
  readonly by: ScheduleRun['by'];
}

export type RunAnswer =
  | { readonly ran: true; readonly run: ScheduleRun }
  | { readonly ran: false; readonly running: ScheduleRunning };

/** Throws when it was cut off by `signal` or by another process; then the tick is to be picked up again. */
export async function runSchedule(
  schedule: Schedule,
  tick: Tick,
  deps: RunScheduleDeps,
  signal: AbortSignal,
): Promise<RunAnswer> {
  const { store, clock, host, logger } = deps;
  const answer = await holdRun({ schedule: schedule.name, tick: tick.id, host }, deps);
  if (!answer.held) return { ran: false, running: answer.running };
  const startedAt = clock.now();
  let ended: Ending;
  let skippedTicks: number | null = null;
  try {
    ended = await take(schedule, tick, deps, AbortSignal.any([signal, answer.hold.lost]));
  } finally {
    skippedTicks = await answer.hold.end();
  }
  const run = recordOf({
    ended,
    tick,
    startedAt,
    endedAt: clock.now(),
    host,
    skippedTicks: skippedTicks ?? 0,
  });
  await store.addRun(schedule.name, run);
  if (run.counts.accepted > 0) deps.nudge();
  logRun(schedule.name, run, logger);
  return { ran: true, run };
}

type Ending =
  | { readonly batch: string; readonly taken: Taken }
  | { readonly batch: string; readonly error: string };

async function take(
  schedule: Schedule,
  tick: Tick,
  deps: RunScheduleDeps,
  signal: AbortSignal,
): Promise<Ending> {
  let batch = '';
  try {
    batch = renderBatchName(schedule.batchTemplate, { ...schedule, at: tick.at });
    const taken = await takeInto(batch, schedule, deps, signal);
    if (taken.interrupted) throw new CutOff('the run was interrupted', { cause: signal.reason });
    return { batch, taken };
  } catch (error) {
    if (error instanceof CutOff) throw error;
    signal.throwIfAborted();
    deps.logger.debug({ schedule: schedule.name, err: error }, 'A run of a schedule failed');
    return { batch, error: error instanceof Error ? error.message : String(error) };
  }
}

/** The run did not end by itself. */
class CutOff extends Error {}

async function takeInto(
  batch: string,
  { source: address, ...schedule }: Schedule,
  deps: RunScheduleDeps,
  signal: AbortSignal,
): Promise<Taken> {
  const model = deps.models.get(schedule.model);
  const inputs = checkShared(model, schedule.inputs);
  const source = await openSource(parseSourceAddress(address, '/'), deps.sources);
  const taken = await takeSource(
    {
      source,
      batch,
      model,
      inputs,
      column: schedule.column ?? undefined,
      keep: deps.keep ?? [],
      force: false,
    },
    {
      ledger: deps.ledger,
      memory: createSourceMemory({ ...deps, address: source.address, model: model.id }),
      openBatch: () => openBatch(batch, model, schedule.maxCredits, deps),
      onInvalid: (line) => deps.logger.debug({ schedule: schedule.name, ...line }, 'A line holds no link'),
      onProgress: () => deps.nudge(),
      signal,
    },
  );
  await announceCost(batch, model, deps);
  return taken;
}

/** A budget that a person has changed meanwhile stays. */
async function openBatch(
  batch: string,
  model: ModelDefinition,
  maxCredits: number | null,
  deps: RunScheduleDeps,
): Promise<void> {
  const known = await deps.ledger.batch(batch);
  const budget = known?.budget == null ? (maxCredits ?? undefined) : undefined;
  await openAnnounced({ batch, model, root: deps.storageRoot, maxCredits: budget }, deps);
}

interface RunFacts extends Omit<ScheduleRun, 'tickAt' | 'by' | keyof Brought> {
  readonly ended: Ending;
  readonly tick: Tick;
}

type Brought = Pick<ScheduleRun, 'batch' | 'counts' | 'lists' | 'unchanged' | 'unfinished' | 'error'>;

function recordOf({ ended, tick, ...times }: RunFacts): ScheduleRun {
  return { tickAt: tick.at, by: tick.by, ...times, ...broughtBy(ended) };
}

const nothing = {
  counts: { total: 0, accepted: 0, duplicates: 0, alreadySaved: 0, invalid: 0 },
  lists: 0,
  unchanged: 0,
  unfinished: 0,
};
const longestError = 500;

function broughtBy(ended: Ending): Brought {
  if ('error' in ended) return { ...nothing, batch: ended.batch, error: ended.error.slice(0, longestError) };
  const { counts, lists, unchanged, unfinished, problems } = ended.taken;
  const { total, accepted, duplicates, alreadySaved, invalid } = counts;
  const error = problems.map(({ list, problem }) => `${list}: ${problem}`).join('; ');
  return {
    batch: ended.batch,
    counts: { total, accepted, duplicates, alreadySaved, invalid },
    lists,
    unchanged,
    unfinished,
    error: error === '' ? null : error.slice(0, longestError),
  };
}

function logRun(schedule: string, run: ScheduleRun, logger: Logger): void {
  const { batch, counts, error } = run;
  if (error !== null) logger.warn({ schedule, batch, error }, 'A run of a schedule had an error');
  else if (counts.accepted > 0) logger.info({ schedule, batch, ...counts }, 'A schedule found new links');
  else logger.debug({ schedule }, 'A schedule found no new links');
}
