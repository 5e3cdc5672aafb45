/**
 * A worker: runs jobs of its stages until it is stopped. Built once per process by the commands. If a worker is killed,
 * another one runs its jobs within 15 seconds: its locks expire after ten, and workers look for expired locks every
 * three.
 */
import { hostname } from 'node:os';
import type { Job, Telemetry } from 'bullmq';
import { type JobData, jobDataSchema, type Stage, traced } from '../shared/jobs/catalogue.ts';
import { QueueWorker } from '../shared/jobs/queue-worker.ts';
import type { FailureReason, ItemState } from '../shared/ledger/states.ts';
import { ModelError } from '../shared/models/load-models.ts';
import { jobPolicy } from '../shared/policy.ts';
import { announceWorker } from '../shared/presence/worker-presence.ts';
import { programVersion } from '../shared/program-version.ts';
import { isRedisTrouble } from '../shared/redis/redis-trouble.ts';
import type { RedisConnection } from '../shared/redis/script.ts';
import { withTimeout } from '../shared/time/with-timeout.ts';
import { announceHalt } from './announce-halt.ts';
import { applyStep } from './apply-step.ts';
import { runDownload } from './download.ts';
import { endUnaffordable } from './end-unaffordable.ts';
import { type Feeder, startFeeder } from './feeder.ts';
import { recordCallsOfOthers, recordForgottenCalls } from './forgotten-calls.ts';
import { startHaltProber } from './halt-prober.ts';
import { countHeld, type Held } from './held-items.ts';
import { isLastAttempt, type JobOutcome, settleJob } from './queue-signals.ts';
import { type OnProgress, progressOf } from './report-progress.ts';
import { runStatusCheck } from './status-check.ts';
import { startStorageWatch } from './storage-watch.ts';
import { createSubmitStage } from './submit.ts';
import { startSweeper } from './sweeper.ts';
import { reportUnrecorded } from './unrecorded-tasks.ts';
import type { WorkerContext } from './worker-context.ts';

export interface WorkerSettings {
  readonly stages: readonly Stage[];
  /** For BullMQ: waits in blocking calls, so nothing else may share it. */
  readonly connection: RedisConnection;
  readonly downloadConcurrency: number;
  /** Traces the runs of jobs. */
  readonly telemetry?: Telemetry | undefined;
}

export interface RunningWorker {
  /** There are new links: do not wait for the next check. */
  nudge(): void;
  /**
   * Begins nothing more. Open create calls are finished, however long they take (the vendor client's timeout bounds
   * them), because an aborted one may have been paid. Everything else has `deadlineMs`, is then aborted, and is resumed
   * later. Task ids that Redis has not accepted by then are written to a file.
   */
  stop(deadlineMs: number): Promise<void>;
  /** Where the process must end now: writes unrecorded task ids to a file. @returns what stays open, or null */
  abandon(): string | null;
}

type Run = (id: string, data: JobData, signal: AbortSignal, onProgress: OnProgress) => Promise<JobOutcome>;

export function startWorker(context: WorkerContext, settings: WorkerSettings): RunningWorker {
  const { stages } = settings;
  const held = countHeld();
  const feeder: Feeder | null = stages.includes('submit')
    ? startFeeder({ ...context, endUnaffordable: (batch) => endUnaffordable(batch, context) })
    : null;
  const presence = announceWorker(
    {
      id: context.workerId,
      host: hostname(),
      pid: process.pid,
      stages,
      startedAt: context.clock.now(),
      onlyBatch: context.onlyBatch,
      version: programVersion(),
    },
    () => held.list(),
    {
      ...context,
      async onRun(id, isFirst) {
        if (!isFirst) {
          await recordForgottenCalls(context);
          await recordCallsOfOthers(id, context);
        }
        context.redisRun.id = id;
      },
    },
  );
  const submit = createSubmitStage(context, {
    admitted: () => feeder?.moved(),
    isGone: presence.isGone,
    isWanted: presence.isWanted,
    settleRun: presence.settleRun,
  });
  const runs: Readonly<Record<Stage, Run>> = {
    submit: submit.run,
    'status-check': async (id, data, signal) => {
      const outcome = await runStatusCheck(id, data, context, signal);
      if (outcome.kind === 'done') feeder?.moved();
      return outcome;
    },
    download: (id, data, signal, onProgress) => runDownload(id, data, context, signal, onProgress),
  };
  const workers = stages.map((stage) => startStage(stage, runs[stage], held, context, settings));
  const sweeper = startSweeper({
    ...context,
    everyMs: jobPolicy.sweepEveryMs,
    lostEveryMs: jobPolicy.lostEveryMs,
  });
  const downloads = stages.includes('download');
  const prober = startHaltProber(context, downloads);
  const storageWatch = downloads ? startStorageWatch(context) : null;
  return {
    nudge: () => feeder?.nudge(),
    async stop(deadlineMs) {
      storageWatch?.stop();
      const answered = context.calls.drain(deadlineMs);
      const background = [feeder?.stop(), sweeper.stop(), prober.stop()];
      const cutOff = setTimeout(() => {
        for (const worker of workers) worker.cancelAllJobs('the worker is stopping');
      }, deadlineMs);
      const closed = Promise.all([...background, ...workers.map((worker) => worker.close())]);
      // While Redis is away nothing closes; the next worker resumes running jobs.
      await withTimeout(closed, deadlineMs, null);
      await answered;
      await withTimeout(closed, jobPolicy.closeMs, null);
      await Promise.all(workers.map((worker) => worker.giveUp()));
      clearTimeout(cutOff);
      context.held.stop();
      reportUnrecorded(context);
      // Until here the others must not treat this worker's open calls as lost.
      await withTimeout(presence.stop(), jobPolicy.closeMs, null);
    },
    abandon() {
      const open = context.calls.open();
      const left = reportUnrecorded(context);
      const calls =
        open === 0
          ? []
          : [`${open} create ${open === 1 ? 'call is' : 'calls are'} still open and may be paid`];
      return [...calls, ...(left === null ? [] : [left])].join('; ') || null;
    },
  };
}

function startStage(
  stage: Stage,
  run: Run,
  held: Held,
  context: WorkerContext,
  settings: WorkerSettings,
): QueueWorker<JobData> {
  const logger = context.logger.child({ stage });
  const running = new Set<string>();
  const process = async (job: Job<JobData>, token?: string, signal?: AbortSignal): Promise<void> => {
    const abort = signal ?? new AbortController().signal;
    // Its lock was lost, for example after a change of Redis's clock: the current run must not count as dead.
    if (job.id !== undefined && running.has(job.id)) {
      await settleJob(worker, job, token, { kind: 'delay', delayMs: jobPolicy.busyMs }, context.held.keep);
    }
    using _ = hold(running, job.id ?? '');
    using __ = held.hold(stage, (job.data.claim ?? job.data.beside)?.itemId ?? job.id ?? '');
    const outcome = await runGuarded(
      job,
      () => run(job.id ?? '', jobDataSchema.parse(job.data), abort, progressOf(job)),
      context,
    );
    await settleJob(worker, job, token, outcome, context.held.keep);
  };
  const worker: QueueWorker<JobData> = new QueueWorker<JobData>(stage, process, {
    connection: settings.connection,
    prefix: context.prefix,
    concurrency: stage === 'download' ? settings.downloadConcurrency : jobPolicy.concurrency[stage],
    lockDuration: jobPolicy.lockMs,
    stalledInterval: jobPolicy.stalledCheckMs,
    runRetryDelay: jobPolicy.retryDelayMs,
    // A delayed job that becomes due just as its worker falls asleep is seen when it wakes up: not after 5 s, the
    // default.
    drainDelay: jobPolicy.longestSleepS,
    // Otherwise BullMQ fails a job after two crashes, whatever its attempts say.
    maxStalledCount: jobPolicy.mostStalls,
    ...traced(settings.telemetry),
  });
  worker.on('error', (error) => context.warnOfTrouble('Error in the queue', error));
  worker.on('failed', (job, error) => logger.warn({ item: job?.id, err: error }, 'A job will be retried'));
  return worker;
}

function hold(running: Set<string>, id: string): Disposable {
  running.add(id);
  return { [Symbol.dispose]: () => running.delete(id) };
}

/**
 * Runs a stage. Trouble of Redis costs nothing: the job is run again a little later. Anything else that is thrown is a
 * bug or broken infrastructure: BullMQ runs the job again a few times, and the last time the link fails with the
 * words of the error, so that it is accounted for.
 */
async function runGuarded(
  job: Job<JobData>,
  run: () => Promise<JobOutcome>,
  context: WorkerContext,
): Promise<JobOutcome> {
  try {
    return await run();
  } catch (error) {
    if (isRedisTrouble(error)) {
      context.warnOfTrouble('Redis refused a step of a link, retrying', error);
      return { kind: 'delay', delayMs: jobPolicy.redisTroubleMs };
    }
    const item = await context.ledger.item(job.id ?? '');
    if (item === null) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof ModelError) {
      // The item stays where it is: a call of another worker may have been paid.
      await announceHalt({ reason: 'misconfigured', message }, item.model, context);
      await context.ledger.touch(item.id, jobPolicy.misconfiguredMs);
      return { kind: 'delay', delayMs: jobPolicy.misconfiguredMs };
    }
    if (!isLastAttempt(job)) throw error;
    return applyStep({ kind: 'fail', reason: reasonIn(item.state), message }, item, job.data, context);
  }
}

/** The task may still produce a video, so its reason tells that a retry polls it again for free. */
function reasonIn(state: ItemState): FailureReason {
  if (state === 'downloading') return 'download-failed';
  return state === 'processing' ? 'task-timeout' : 'attempts-exhausted';
}
