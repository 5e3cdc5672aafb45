/**
 * The three queues, the data of their jobs, and how long jobs are kept. A job only wakes up a worker for one item; the
 * ledger is the source of truth. The job id is the item's id, so BullMQ ignores a second job for the same item in the
 * same queue. Completed and failed jobs are removed at once, so that the id is free again.
 */
import type { Queue, QueueOptions, Telemetry } from 'bullmq';
import { z } from 'zod';
import { type Stage, stages } from '../ledger/states.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import { waySchema } from './result-way.ts';

export { type Stage, stages };

/** Fields a stage keeps between two runs of a job; a lost job starts them afresh, which is harmless. */
export const jobDataSchema = z.object({
  /** The last answered poll: when (Redis's time), and how soon the next one was due after it. */
  look: z.object({ at: z.number(), nextMs: z.number() }).optional(),
  /** For how long the vendor has been seen to say that the task is running. */
  runningMs: z.number().optional(),
  /** For how long it has reported the task as failed in a way that may still change. */
  failedMs: z.number().optional(),
  /** For how long it has said, without a break, that it does not know the task. */
  unknownMs: z.number().optional(),
  /** Runs that ended in something unexpected of ours or of the network's. */
  tries: z.number().optional(),
  /** Of the submit: tries to fetch a video that is to be uploaded. */
  sourceTries: z.number().optional(),
  /** … and an earlier upload of it that the vendor cannot read any more. */
  deadUpload: z.string().optional(),
  /** The last poll that saw the task running, Unix milliseconds. */
  runningAt: z.number().optional(),
  /** A callback has reported the end of the task. */
  calledBack: z.boolean().optional(),
  /** For the status check: polls a secondary task for its cost, not the item's task. */
  beside: z.object({ itemId: z.string(), taskId: z.string() }).optional(),
  /** Of the status check: a task that a callback has named for an item; nothing says yet that it is the item's. */
  claim: z.object({ itemId: z.string(), taskId: z.string(), attempt: z.number() }).optional(),
  /** Of the download: fetches in a row that did not reach the host, and how many results all had fetched by the last. */
  unreached: z.object({ times: z.number(), reached: z.number() }).optional(),
  /** Results the vendor gave, when they are still fresh. */
  urls: z.array(z.string()).optional(),
  /** How each result is fetched at present. */
  ways: z.array(waySchema).optional(),
});
export type JobData = z.infer<typeof jobDataSchema>;

/**
 * Ticks of schedules have their own small queue: BullMQ creates the next tick when the previous one starts, so a busy
 * or paused shared queue would skip ticks.
 */
export const ticksQueue = 'ticks';
export const tickDataSchema = z.object({
  schedule: z.string(),
  /** Who requested it; a run by a person takes place even while the schedule is paused. */
  by: z.enum(['schedule', 'person']).optional(),
});
export type TickData = z.infer<typeof tickDataSchema>;

export interface Queues {
  add(stage: Stage, id: string, delayMs?: number, data?: JobData): Promise<void>;
  /** Adds the job that polls a secondary task for its cost. */
  addBeside(itemId: string, taskId: string): Promise<void>;
  /** Makes the job that finds out whether a task that a callback has named is the item's; harmless when there is one. */
  addClaim(claim: NonNullable<JobData['claim']>): Promise<void>;
  /** The item's job is overdue: makes it, or has the one run now that is delayed until an instant of another clock. */
  wake(stage: Stage, id: string): Promise<void>;
  /** @param delaysMs of each job; without one it runs now */
  addMany(stage: Stage, ids: readonly string[], delaysMs?: readonly number[]): Promise<void>;
  queue(stage: Stage): Promise<Queue<JobData>>;
  close(): Promise<void>;
}

const besideMs = 1000;
/** Jobs without a priority come first: polls of current tasks do not wait for polls of other tasks. */
const afterFollowed = 1;
const jobOptions = {
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 8,
  backoff: { type: 'exponential', delay: 1000, jitter: 0.5 },
} as const;

/**
 * BullMQ is loaded and the queues are opened with the first call, because many commands need neither.
 * @param telemetry traces jobs as they are added; a link that is handed out begins its own trace
 */
export function openQueues(keyspace: Keyspace, telemetry?: Telemetry): Queues {
  const ownTrace = telemetry === undefined ? {} : { telemetry: { omitContext: true } };
  let opened: ReturnType<typeof openAll> | undefined;
  const queue = async (stage: Stage) => {
    opened ??= openAll(keyspace, telemetry);
    return (await opened)[stage];
  };
  return {
    queue,
    async add(stage, id, delayMs = 0, data = {}) {
      await (await queue(stage)).add(stage, data, { jobId: id, delay: Math.round(delayMs) });
    },
    async wake(stage, id) {
      const own = await queue(stage);
      const job = await own.getJob(id);
      if (job === undefined) await own.add(stage, {}, { jobId: id });
      // It may have begun to run meanwhile, which is fine.
      else if (await job.isDelayed()) await job.promote().catch(() => undefined);
    },
    async addBeside(itemId, taskId) {
      const data = { beside: { itemId, taskId } };
      // Ids of items have no dot. A new task is polled a little later.
      await (await queue('status-check')).add('status-check', data, {
        jobId: `${itemId}.${encodeURIComponent(taskId)}`,
        delay: besideMs,
        priority: afterFollowed,
      });
    },
    async addClaim(claim) {
      const jobId = `${claim.itemId}.claim.${encodeURIComponent(claim.taskId)}`;
      const options = { jobId, priority: afterFollowed };
      await (await queue('status-check')).add('status-check', { claim }, options);
    },
    async addMany(stage, ids, delaysMs = []) {
      const jobs = ids.map((id, index) => ({
        name: stage,
        data: {},
        opts: { jobId: id, delay: Math.round(delaysMs[index] ?? 0), ...ownTrace },
      }));
      await (await queue(stage)).addBulk(jobs);
    },
    async close() {
      if (opened === undefined) return;
      await Promise.all(Object.values(await opened).map((each) => each.close()));
    },
  };
}

async function openAll(
  { redis, prefix }: Keyspace,
  telemetry: Telemetry | undefined,
): Promise<Readonly<Record<Stage, Queue<JobData>>>> {
  const bullmq = await import('bullmq');
  const options: QueueOptions = {
    connection: redis,
    prefix,
    defaultJobOptions: jobOptions,
    // BullMQ's events are not used: the ledger has the history. By default it would keep ten thousand per queue.
    streams: { events: { maxLen: 100 } },
    ...traced(telemetry),
  };
  return byStage((stage) => {
    const queue = new bullmq.Queue<JobData>(stage, options);
    // The owner of the connection logs its errors once; without a listener BullMQ prints them too.
    queue.on('error', () => undefined);
    return queue;
  });
}

/** The option as BullMQ expects it: absent, not undefined, without tracing. */
export function traced(telemetry: Telemetry | undefined): { telemetry?: Telemetry } {
  return telemetry === undefined ? {} : { telemetry };
}

export function byStage<Value>(make: (stage: Stage) => Value): Readonly<Record<Stage, Value>> {
  return {
    submit: make('submit'),
    'status-check': make('status-check'),
    download: make('download'),
  };
}
