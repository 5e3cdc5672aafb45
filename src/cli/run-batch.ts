/**
 * Enqueues lists in a batch and works until the batch has ended: the core of `run` and of the demo. It ends early by
 * the caller's signal (Ctrl-C) or, if requested, by a halt; in both cases everything stays queued and a later run
 * resumes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenWorker } from '../app/open-worker.ts';
import type { Session } from '../app/session.ts';
import { enqueueLists } from '../producer/enqueue-lists.ts';
import type { KeptColumns } from '../producer/kept-row.ts';
import type { ListOptions, ListSource } from '../producer/lists/list-source.ts';
import { localVideosOf } from '../producer/local-videos.ts';
import { readOverview } from '../producer/overview.ts';
import { ExplainedError } from '../shared/explained-error.ts';
import { type Halt, standsSince } from '../shared/gate-state/halts.ts';
import { stages } from '../shared/jobs/catalogue.ts';
import { type Batch, readBatch as batchIn, unfinished } from '../shared/ledger/batch.ts';
import { createBatchOperations } from '../shared/ledger/batch-operations.ts';
import type { Inputs } from '../shared/models/input-spec.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { listWorkers } from '../shared/presence/worker-presence.ts';
import { isRedisTrouble } from '../shared/redis/redis-trouble.ts';
import { rootOf } from '../shared/storage/storage-root.ts';
import { withTimeout } from '../shared/time/with-timeout.ts';
import { describeDearer } from '../shared/wording/dearer.ts';
import { agreeToCost, type CostDeps, foreseeAndAnnounce } from './agree-to-cost.ts';
import { describeHalt } from './halt-text.ts';
import { type OnQuit, untilAborted } from './interrupt.ts';
import type { InvalidLines } from './invalid-lines.ts';
import { openWhenTaken } from './open-when-taken.ts';
import type { Progress } from './progress.ts';
import type { RunFacts } from './summary.ts';
import type { Terminal } from './terminal.ts';

export interface RunRequest {
  readonly batch: string;
  readonly model: ModelDefinition;
  readonly sources: readonly ListSource[];
  readonly list: ListOptions;
  readonly priority?: number | undefined;
  readonly upload?: boolean;
  /** Credits the batch may spend in all. */
  readonly maxCredits?: number | undefined;
  readonly force: boolean;
  readonly inputs: Inputs;
  /** Columns of the lists that are carried along. */
  readonly keep: KeptColumns;
  readonly exitOnHalt: boolean;
  /** Work on everything that waits, not on this batch alone. */
  readonly all: boolean;
}

/** `cut-off`: stopped while Redis was away, so the state of the links is unknown. */
export type RunEnd = FinishedRun | { readonly ended: 'cut-off' };

interface FinishedRun {
  readonly ended: 'completed' | 'interrupted' | 'halted' | 'declined';
  readonly facts: RunFacts;
}

export interface RunDeps {
  readonly session: Session;
  readonly progress: Progress;
  readonly invalidLines: InvalidLines;
  /** Shows the expected cost of the batch, and asks on a terminal. */
  readonly cost: Pick<CostDeps, 'ask' | 'balance'>;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly onQuit: OnQuit;
}

/** The counts alone are read often when the end may be near; everything that is shown takes ten times as many commands. */
const lookEveryMs = { least: 200, most: 1000, perLink: 20 };
/** Other batches that wait are named, so many at most. */
const shownBatches = 5;
/** Open calls get this long to end after Ctrl-C. */
const drainMs = 8000;
/** After that, so long for what is still read of Redis. */
const answerMs = 2000;

export async function runBatch(request: RunRequest, deps: RunDeps): Promise<RunEnd> {
  const { session, signal } = deps;
  const worker = await session.startWorker(stages, request.all ? null : request.batch);
  deps.onQuit(worker.abandon);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= worker.stop(drainMs);
    return stopping;
  };
  const working = workOn(request, worker, deps);
  // Even while Redis is away, the task ids in memory are written to a file in time.
  const cutOff = untilAborted(signal)
    .then(stop)
    .then(() => withTimeout(working, answerMs, { ended: 'cut-off' } as const));
  try {
    return await Promise.race([working, cutOff]);
  } finally {
    deps.progress.stop();
    await stop();
  }
}

async function workOn(request: RunRequest, worker: OpenWorker, deps: RunDeps): Promise<FinishedRun> {
  const { session, progress, signal } = deps;
  const startedAt = performance.now();
  const root = rootOf(worker.storage);
  const opening = openWhenTaken({ ...request, root, ask: deps.cost.ask }, session);
  const savedBefore = await opening.ifKnown();
  const since = await session.ledger.now();
  const given = await enqueueLists(
    { ...request, since },
    {
      ledger: session.ledger,
      openBatch: opening.open,
      locals: localVideosOf(session.configuration),
      ...deps.invalidLines,
      onColumns: progress.note,
      signal,
      onProgress: ({ total }) => {
        worker.nudge();
        progress.reading(total);
      },
    },
  );
  // Said before the question of the cost, not hours later.
  deps.invalidLines.finish();
  if ((await session.ledger.batch(request.batch)) === null)
    return {
      ended: 'completed',
      facts: { given, batch: noBatch(request), savedBefore, elapsedMs: performance.now() - startedAt },
    };
  const agreed = await agree(request, opening.isHeld(), deps);
  if (agreed) worker.nudge();
  if (agreed && !request.all) await nameOthers(request.batch, deps);
  const ended = agreed ? await waitForEnd(request, since, deps) : 'declined';
  const batch = await readBatch(request.batch, session);
  return { ended, facts: { given, batch, savedBefore, elapsedMs: performance.now() - startedAt } };
}

/** A batch with work in progress was already confirmed; the remaining cost is shown and it continues. */
async function agree(
  { batch: name, model }: RunRequest,
  isHeld: boolean,
  { session, progress, terminal, cost, signal }: RunDeps,
): Promise<boolean> {
  if (signal.aborted) return true;
  progress.stop();
  const ask = isHeld ? cost.ask : null;
  const batch = await readBatch(name, session);
  const forecast = await foreseeAndAnnounce(batch, model, session, signal);
  const agreed = await agreeToCost(batch, forecast, { ...cost, terminal, ask });
  if (agreed && isHeld) await session.ledger.startBatch(name);
  return agreed;
}

/** Names other waiting batches that no worker serves; this run does not pay for them. */
async function nameOthers(
  batch: string,
  { session, progress }: Pick<RunDeps, 'session' | 'progress'>,
): Promise<void> {
  const others = (await session.ledger.waitingBatches(shownBatches + 2)).filter((name) => name !== batch);
  if (others.length === 0) return;
  const workers = await listWorkers(session);
  if (workers.some(({ isAlive, onlyBatch }) => isAlive && onlyBatch === null)) return;
  const commands = others.slice(0, shownBatches).map((name) => `\n  kie-batch run --batch ${name}`);
  const more = others.length > shownBatches ? '\n  and more: kie-batch list' : '';
  progress.note(
    `Links of other batches wait too, and this run does not process them. Run them with${commands.join('')}${more}\nor all with: kie-batch worker`,
  );
}

async function waitForEnd(request: RunRequest, since: number, deps: RunDeps): Promise<FinishedRun['ended']> {
  const { session, progress, signal } = deps;
  const told = new Set<string>();
  let shownAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    if (performance.now() - shownAt < progress.everyMs && !signal.aborted) {
      const batch = await session.ledger.batch(request.batch).catch(nullInTrouble);
      if (batch !== null && unfinished(batch.counts) > 0) {
        await pause(batch, signal);
        continue;
      }
    }
    shownAt = performance.now();
    const overview = await readOverview([request.batch], session).catch(nullInTrouble);
    if (overview === null) {
      if (signal.aborted) return 'interrupted';
      await pause(null, signal);
      continue;
    }
    const [batch] = overview.batches;
    if (batch === undefined) return 'completed';
    progress.update(overview);
    if (unfinished(batch.counts) === 0) return 'completed';
    if (signal.aborted) return 'interrupted';
    if (batch.dearer !== null && (await declinesPrice(batch, told, deps))) return 'declined';
    const { halts } = overview;
    for (const halt of halts) {
      const key = `${halt.reason} ${halt.model} ${halt.since}`;
      if (!told.has(key)) deps.terminal.warn(describeHalt(halt, Date.now()));
      told.add(key);
    }
    if (request.exitOnHalt && halts.some((halt) => stopsRun(halt, request, since))) return 'halted';
    await pause(batch, signal);
  }
}

/** Until the batch may have ended. */
async function pause(batch: Pick<Batch, 'counts'> | null, signal: AbortSignal): Promise<void> {
  const { least, most, perLink } = lookEveryMs;
  const left = batch === null ? 0 : unfinished(batch.counts);
  const pauseMs = Math.min(most, Math.max(least, left * perLink));
  await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
}

/** Asks whether the new price is accepted. Without a terminal, open tasks are finished first. */
async function declinesPrice(batch: Batch, told: Set<string>, deps: RunDeps): Promise<boolean> {
  const { session, progress, terminal, cost } = deps;
  const message = describeDearer(batch) ?? '';
  if (!told.has(message)) terminal.warn(message);
  told.add(message);
  const { submitting, processing, downloading } = batch.counts;
  if (cost.ask === null) return submitting + processing + downloading === 0;
  progress.stop();
  if (!(await cost.ask('Continue at this price?', false))) return true;
  await createBatchOperations(session).resume(batch.name);
  terminal.say('The batch continues.');
  return false;
}

/** Redis trouble does not end a run: the worker reports it and waits. */
function nullInTrouble(error: unknown): null {
  if (isRedisTrouble(error)) return null;
  throw error;
}

/** Ignores halts of other models, and halts of an earlier run until they have been probed again. */
function stopsRun(halt: Halt, { model }: RunRequest, since: number): boolean {
  return (halt.model === null || halt.model === model.id) && standsSince(halt, since);
}

/** No line held a link, so the batch does not exist. */
function noBatch({ batch, model }: RunRequest): Batch {
  const none = batchIn(batch, { model: model.id });
  if (none === null) throw new Error('a batch needs a model');
  return none;
}

/** As after a failover, or a restart of Redis without its last second, just after the links were enqueued. */
class BatchLostError extends ExplainedError {
  readonly code = 'BATCH_LOST';

  constructor(name: string) {
    super(
      `Redis has lost the batch "${name}", as a failover or a power failure can lose its last second. Rerun the command: it enqueues the links again`,
    );
  }
}

async function readBatch(name: string, { ledger }: Session): Promise<Batch> {
  const batch = await ledger.batch(name);
  if (batch === null) throw new BatchLostError(name);
  return batch;
}
