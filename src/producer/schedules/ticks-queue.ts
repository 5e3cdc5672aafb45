/**
 * The queue of ticks and its BullMQ job schedulers, which create each tick at its time, once for all workers. A
 * scheduler follows from its schedule and is created again if it is missing.
 */
import { Queue, type RepeatOptions } from 'bullmq';
import { type TickData, ticksQueue } from '../../shared/jobs/catalogue.ts';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import { nextTickAt } from './cron.ts';
import type { Schedule } from './schedule.ts';

export type TicksQueue = Queue<TickData>;

/** Queue and worker must agree on it: both make next ticks. */
export const tickSettings = {
  repeatStrategy: (after: number, { pattern, tz }: RepeatOptions) =>
    nextTickAt(pattern ?? '', tz ?? 'UTC', after),
};

/** An interrupted tick (a worker stopped or killed) is run again; a failed one is not. */
const tickOptions = {
  attempts: 50,
  backoff: { type: 'fixed', delay: 1000 },
  removeOnComplete: true,
  removeOnFail: true,
} as const;

export function openTicksQueue({ redis, prefix }: Keyspace): TicksQueue {
  const queue: TicksQueue = new Queue<TickData>(ticksQueue, {
    connection: redis,
    prefix,
    settings: tickSettings,
    defaultJobOptions: tickOptions,
  });
  // Reported once by the opener of the connection; without a listener BullMQ prints it.
  queue.on('error', () => undefined);
  return queue;
}

/** From now on; a tick that is overdue is dropped. */
export async function startTicks(queue: TicksQueue, { name, cron, timeZone }: Schedule): Promise<void> {
  await queue.upsertJobScheduler(
    name,
    { pattern: cron, tz: timeZone },
    { name: 'tick', data: { schedule: name }, opts: tickOptions },
  );
}

export async function stopTicks(queue: TicksQueue, name: string): Promise<void> {
  await queue.removeJobScheduler(name);
}

/** When the next tick is due; null if there is none. */
export async function dueTick(queue: TicksQueue, name: string): Promise<number | null> {
  const scheduler = await queue.getJobScheduler(name);
  const dueAt = scheduler?.next;
  if (typeof dueAt !== 'number') return null;
  if ((await queue.getJob(`repeat:${name}:${dueAt}`)) !== undefined) return dueAt;
  // It may have begun between the two reads; then the one after it is due.
  const again = (await queue.getJobScheduler(name))?.next;
  return typeof again === 'number' && again !== dueAt ? again : null;
}

/**
 * Sees to it that every schedule that is not paused has its next tick, and nothing else has one: after a crash
 * between two writes, or a Redis that lost its last second. An overdue tick that is there is left to run.
 */
export async function repairTicks(queue: TicksQueue, schedules: readonly Schedule[]): Promise<void> {
  const wanted = new Map(schedules.filter(({ paused }) => !paused).map((each) => [each.name, each]));
  for (const schedule of wanted.values()) {
    if ((await dueTick(queue, schedule.name)) === null) await startTicks(queue, schedule);
  }
  for (const { key } of await queue.getJobSchedulers()) {
    if (!wanted.has(key)) await stopTicks(queue, key);
  }
}
