/**
 * The one place that speaks BullMQ's control flow. A stage says what is to become of its job; here that
 * turns into the calls and errors BullMQ expects. Being delayed costs a job no attempt. The data is written
 * before the job is moved: after the move another worker may hold it already.
 */
import { DelayedError, type Job } from 'bullmq';
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { HeldAnswers } from './held-answers.ts';

export type JobOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'delay'; readonly delayMs: number; readonly data?: JobData };

export async function settleJob(
  job: Job<JobData>,
  token: string | undefined,
  outcome: JobOutcome,
  now: number,
  keep: HeldAnswers['keep'],
): Promise<void> {
  if (outcome.kind === 'done') return;
  const { data } = outcome;
  if (data) await keep(() => job.updateData(data));
  await keep(() => job.moveToDelayed(now + Math.max(1, Math.round(outcome.delayMs)), token));
  throw new DelayedError();
}

/** Whether BullMQ will run a job again after this run has thrown. */
export function isLastAttempt(job: Job<JobData>): boolean {
  return job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}
