/**
 * Has a task looked at now, because a callback said that it has ended. The status check of the item is a delayed
 * job: it is marked, so that the polling history learns who told, and moved to the front. Harmless to repeat.
 */
import type { Job } from 'bullmq';
import type { JobData, Queues } from '../../shared/jobs/catalogue.ts';

/** `busy`: a look is under way, and may have seen the record as it was before the end. */
export type Woken = 'woken' | 'busy';

export async function wakeStatusCheck(queues: Queues, id: string): Promise<Woken> {
  const job = await queues.queue('status-check').getJob(id);
  if (!job) {
    await queues.add('status-check', id, 0, { calledBack: true });
    return 'woken';
  }
  if (await job.isActive()) return 'busy';
  try {
    await job.updateData({ ...job.data, calledBack: true });
  } catch {
    // It ended between the two calls, and was removed.
    return 'busy';
  }
  return runNow(job);
}

/** The job that waits for a lost answer has nothing left to wait for. */
export async function wakeWaitingSubmit(queues: Queues, id: string): Promise<void> {
  const job = await queues.queue('submit').getJob(id);
  if (job) await runNow(job);
}

async function runNow(job: Job<JobData>): Promise<Woken> {
  if (await job.isWaiting()) return 'woken';
  try {
    await job.promote();
    return 'woken';
  } catch {
    // Not delayed any more: it runs by now, or has ended.
    return 'busy';
  }
}
