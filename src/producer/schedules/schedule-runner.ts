/**
 * Runs the ticks of schedules when they are due: part of every worker. BullMQ gives each tick to one worker, and to
 * another one if that worker is killed.
 */
import type { Job } from 'bullmq';
import { type TickData, tickDataSchema, ticksQueue } from '../../shared/jobs/catalogue.ts';
import { QueueWorker } from '../../shared/jobs/queue-worker.ts';
import { jobPolicy } from '../../shared/policy.ts';
import type { RedisConnection } from '../../shared/redis/script.ts';
import { withTimeout } from '../../shared/time/with-timeout.ts';
import { type RunScheduleDeps, runSchedule } from './run-schedule.ts';
import { createScheduleStore } from './schedule-store.ts';
import { openTicksQueue, repairTicks, tickSettings } from './ticks-queue.ts';

export interface ScheduleRunnerDeps extends Omit<RunScheduleDeps, 'store'> {
  /** For BullMQ's blocking calls. */
  readonly connection: RedisConnection;
}

export interface ScheduleRunner {
  /** Ends at once: a run that is cut off is picked up again, here or elsewhere, without losing or repeating. */
  stop(): Promise<void>;
}

const repairEveryMs = 60_000;

export function startScheduleRunner(deps: ScheduleRunnerDeps): ScheduleRunner {
  const { redis, prefix, logger } = deps;
  const store = createScheduleStore({ redis, prefix });
  const queue = openTicksQueue({ redis, prefix });
  const repair = () =>
    store
      .all()
      .then((schedules) => repairTicks(queue, schedules))
      .catch((error: unknown) => logger.warn({ err: error }, 'Could not check schedules, retrying'));

  const process = async (job: Job<TickData>, _token?: string, signal?: AbortSignal): Promise<void> => {
    const { schedule: name, by = 'schedule' } = tickDataSchema.parse(job.data);
    const schedule = await store.get(name);
    if (schedule === null || (schedule.paused && by === 'schedule')) return;
    const tick = { id: job.id ?? name, at: job.opts.prevMillis ?? job.timestamp, by };
    const answer = await runSchedule(
      schedule,
      tick,
      { ...deps, store },
      signal ?? new AbortController().signal,
    );
    if (!answer.ran) logger.debug({ schedule: name }, 'Skipped a run: the previous one is still in progress');
  };
  const worker = new QueueWorker<TickData>(ticksQueue, process, {
    connection: deps.connection,
    prefix,
    concurrency: jobPolicy.schedules,
    settings: tickSettings,
    lockDuration: jobPolicy.lockMs,
    stalledInterval: jobPolicy.stalledCheckMs,
    maxStalledCount: jobPolicy.mostStalls,
  });
  worker.on('error', (error) => logger.warn({ err: error }, 'Error in the queue of schedules'));
  worker.on('failed', (job, error) => logger.debug({ tick: job?.id, err: error }, 'A run was interrupted'));
  let repairing = repair();
  const timer = setInterval(() => {
    repairing = repair();
  }, repairEveryMs);

  return {
    async stop() {
      clearInterval(timer);
      worker.cancelAllJobs('the worker is stopping');
      await withTimeout(Promise.all([worker.close(), repairing]), jobPolicy.closeMs, null);
      await worker.giveUp();
      await withTimeout(queue.close(), jobPolicy.closeMs, null);
    },
  };
}
