/**
 * A worker: takes jobs of its stages until it is stopped. Built once a process by the commands. A job whose
 * worker was killed is taken up by another within 15 seconds: its lock ends after ten, and somebody looks
 * every three.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Worker as QueueWorker, type Telemetry } from 'bullmq';
import { type JobData, jobDataSchema, type Stage, traced } from '../shared/jobs/catalogue.ts';
import { ModelError } from '../shared/models/load-models.ts';
import { announceWorker } from '../shared/presence/worker-presence.ts';
import type { RedisConnection } from '../shared/redis/script.ts';
import { applyStep } from './apply-step.ts';
import { runDownload } from './download.ts';
import { type Feeder, startFeeder } from './feeder.ts';
import { startHaltProber } from './halt-prober.ts';
import { countHeld, type Held } from './held-items.ts';
import { isLastAttempt, type JobFate, settleJob } from './queue-signals.ts';
import { runStatusCheck } from './status-check.ts';
import { createSubmitStage } from './submit.ts';
import { startSweeper } from './sweeper.ts';
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
  /** Links have come: do not wait for the next look. */
  nudge(): void;
  /** Ends open calls within `deadlineMs`, then cuts them off; whatever was under way is taken up again later. */
  stop(deadlineMs: number): Promise<void>;
}

type Run = (id: string, data: JobData, signal: AbortSignal) => Promise<JobFate>;

const lockDurationMs = 10_000;
const stalledCheckMs = 3000;
const longestSleepS = 1;
const sweepEveryMs = 15_000;
const concurrency = { submit: 50, 'status-check': 50 } as const;
/** After the jobs have ended or were cut off, this long for closing connections. */
const closeMs = 1500;
const misconfiguredMs = 5000;
const busyMs = 1000;

export function startWorker(context: WorkerContext, settings: WorkerSettings): RunningWorker {
  const { stages } = settings;
  const feeder: Feeder | null = stages.includes('submit') ? startFeeder(context) : null;
  const submit = createSubmitStage(context, () => feeder?.nudge());
  const runs: Readonly<Record<Stage, Run>> = {
    submit: submit.run,
    'status-check': async (id, data, signal) => {
      const fate = await runStatusCheck(id, data, context, signal);
      // The task has ended: under MAX_IN_FLIGHT there is room for another.
      if (fate.fate === 'done') feeder?.nudge();
      return fate;
    },
    download: (id, data, signal) => runDownload(id, data, context, signal),
  };
  const held = countHeld();
  const workers = stages.map((stage) => startStage(stage, runs[stage], held, context, settings));
  const presence = announceWorker(
    { id: randomUUID(), host: hostname(), pid: process.pid, stages, startedAt: context.clock.now() },
    held.list,
    context,
  );
  const sweeper = startSweeper({ ...context, everyMs: sweepEveryMs });
  const prober = startHaltProber(context);
  return {
    nudge: () => feeder?.nudge(),
    async stop(deadlineMs) {
      const background = [feeder?.stop(), sweeper.stop(), prober.stop(), presence.stop()];
      const cutOff = setTimeout(() => {
        for (const worker of workers) worker.cancelAllJobs('the worker is stopping');
      }, deadlineMs);
      const closed = Promise.all([...background, ...workers.map((worker) => worker.close())]);
      const patience = new AbortController();
      const late = sleep(deadlineMs + closeMs, null, { signal: patience.signal }).catch(() => null);
      // With Redis away nothing closes by itself; what was under way is taken up again by whoever comes next.
      await Promise.race([closed, late]);
      patience.abort();
      clearTimeout(cutOff);
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
    // Its lock was lost, as after a step of Redis's clock: the run under way must not be taken for one that is gone.
    if (job.id !== undefined && running.has(job.id)) {
      await settleJob(job, token, { fate: 'delay', delayMs: busyMs }, context.clock.now());
    }
    using _ = hold(running, job.id ?? '');
    using __ = held.hold(stage, (job.data.claim ?? job.data.beside)?.itemId ?? job.id ?? '');
    const fate = await runGuarded(
      stage,
      job,
      () => run(job.id ?? '', jobDataSchema.parse(job.data), abort),
      context,
    );
    await settleJob(job, token, fate, context.clock.now());
  };
  const worker = new QueueWorker<JobData>(stage, process, {
    connection: settings.connection,
    prefix: context.prefix,
    concurrency: stage === 'download' ? settings.downloadConcurrency : concurrency[stage],
    lockDuration: lockDurationMs,
    stalledInterval: stalledCheckMs,
    // A delayed job that comes back just as its worker falls asleep is seen when it wakes up: not in 5 s, the default.
    drainDelay: longestSleepS,
    // Two crashes would otherwise fail a job for good, whatever its attempts say.
    maxStalledCount: 1000,
    ...traced(settings.telemetry),
  });
  worker.on('error', (error) => logger.warn({ err: error }, 'The queue reports trouble'));
  worker.on('failed', (job, error) => logger.warn({ item: job?.id, err: error }, 'A job will be run again'));
  return worker;
}

function hold(running: Set<string>, id: string): Disposable {
  running.add(id);
  return { [Symbol.dispose]: () => running.delete(id) };
}

/**
 * Runs a stage. What it throws is a bug or broken infrastructure: BullMQ runs the job again a few times, and
 * the last time the link fails with the words of the error, so that it is accounted for.
 */
async function runGuarded(
  stage: Stage,
  job: Job<JobData>,
  run: () => Promise<JobFate>,
  context: WorkerContext,
): Promise<JobFate> {
  try {
    return await run();
  } catch (error) {
    const item = await context.ledger.item(job.id ?? '');
    if (item === null) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof ModelError) {
      return applyStep(
        { do: 'halt', reason: 'misconfigured', message, delayMs: misconfiguredMs },
        item,
        job.data,
        context,
      );
    }
    if (!isLastAttempt(job)) throw error;
    const reason = stage === 'download' ? 'download-failed' : 'attempts-exhausted';
    return applyStep({ do: 'fail', reason, message }, item, job.data, context);
  }
}
