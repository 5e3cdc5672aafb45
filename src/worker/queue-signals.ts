/**
 * The one place that speaks BullMQ's control flow. A stage says what is to become of its job; here that
 * turns into the calls and errors BullMQ expects. Being delayed costs a job no attempt. The data is written
 * before the job is moved: after the move another worker may hold it already.
 */
import { DelayedError, type Job } from 'bullmq';
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { HeldAnswers } from './held-answers.ts';

export type JobFate =
  | { readonly fate: 'done' }
  | { readonly fate: 'delay'; readonly delayMs: number; readonly data?: JobData };

export async function settleJob(
  job: Job<JobData>,
  token: string | undefined,
  fate: JobFate,
  now: number,
  keep: HeldAnswers['keep'],
): Promise<void> {
  if (fate.fate === 'done') return;
  const { data } = fate;
  if (data) await keep(() => job.updateData(data));
  await keep(() => job.moveToDelayed(now + Math.max(1, Math.round(fate.delayMs)), token));
  throw new DelayedError();
}

/** Whether BullMQ will run a job again after this run has thrown. */
export function isLastAttempt(job: Job<JobData>): boolean {
  return job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}
