/**
 * The one place that speaks BullMQ's control flow. A stage says what is to become of its job; here that
 * turns into the calls and errors BullMQ expects. Being delayed costs a job no attempt.
 */
import { DelayedError, type Job } from 'bullmq';
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { QueueWorker } from '../shared/jobs/queue-worker.ts';
import type { HeldAnswers } from './held-answers.ts';

export type JobOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'delay'; readonly delayMs: number; readonly data?: JobData };

export async function settleJob(
  worker: QueueWorker<JobData>,
  job: Pick<Job<JobData>, 'id'>,
  token: string | undefined,
  outcome: JobOutcome,
  keep: HeldAnswers['keep'],
): Promise<void> {
  if (outcome.kind === 'done') return;
  const { data } = outcome;
  const delayMs = Math.max(1, Math.round(outcome.delayMs));
  await keep(() => worker.delayJob(job.id ?? '', token, delayMs, data));
  throw new DelayedError();
}

/** Whether BullMQ will run a job again after this run has thrown. */
export function isLastAttempt(job: Job<JobData>): boolean {
  return job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}
