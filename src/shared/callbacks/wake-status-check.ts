/**
 * Polls a task now, because a callback said that it has ended. The status check of the item is a delayed job: it is
 * marked, so that the polling history learns of the callback, and moved to the front. Safe to repeat.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from 'bullmq';
import type { JobData, Queues } from '../jobs/catalogue.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** `busy`: a status check is running, and may have read the record before the task ended. */
type Woken = 'woken' | 'busy';

/** A running status check ends within this time; then another one follows. */
const busyTries = 20;
const busyWaitMs = 250;

interface WakeDeps {
  readonly ledger: Ledger;
  readonly queues: Queues;
}

/**
 * Wakes the status check if it follows this task.
 * @returns work that could not be done at once, to run in the background; or null
 */
export async function wakeIfFollowed(
  id: string,
  taskId: string,
  deps: WakeDeps,
): Promise<(() => Promise<void>) | null> {
  if (!(await isFollowed(id, taskId, deps))) return null;
  if ((await wakeStatusCheck(deps.queues, id)) === 'woken') return null;
  return () => lookOnceMore(id, taskId, deps);
}

async function lookOnceMore(id: string, taskId: string, deps: WakeDeps): Promise<void> {
  for (let tries = 0; tries < busyTries; tries += 1) {
    await sleep(busyWaitMs);
    if (!(await isFollowed(id, taskId, deps))) return;
    if ((await wakeStatusCheck(deps.queues, id)) === 'woken') return;
  }
}

async function isFollowed(id: string, taskId: string, { ledger }: WakeDeps): Promise<boolean> {
  const item = await ledger.item(id);
  return item?.state === 'processing' && item.taskIds.at(-1) === taskId;
}

async function wakeStatusCheck(queues: Queues, id: string): Promise<Woken> {
  const job = await (await queues.queue('status-check')).getJob(id);
  if (!job) {
    await queues.add('status-check', id, 0, { calledBack: true });
    return 'woken';
  }
  if (await job.isActive()) return 'busy';
  try {
    await job.updateData({ ...job.data, calledBack: true });
  } catch {
    // It ended between the two calls and was removed.
    return 'busy';
  }
  return runNow(job);
}

/** The job that waits for a lost answer has nothing left to wait for. */
export async function wakeWaitingSubmit(queues: Queues, id: string): Promise<void> {
  const job = await (await queues.queue('submit')).getJob(id);
  if (job) await runNow(job);
}

async function runNow(job: Job<JobData>): Promise<Woken> {
  if (await job.isWaiting()) return 'woken';
  try {
    await job.promote();
    return 'woken';
  } catch {
    // No longer delayed: it runs now, or has ended.
    return 'busy';
  }
}
