/**
 * What follows from the record of a secondary task. Pure. Its credits stay reserved until the record shows
 * the cost, or permanently if it never does. Its result matters only if the task that is followed fails (spare-task.ts).
 */
import { secondaryTaskPolicy } from '../shared/policy.ts';
import type { RecordReply } from '../shared/vendor/replies.ts';
import { backoffMs } from './backoff.ts';
import type { Step } from './step.ts';

export interface SecondaryTaskPoll {
  readonly taskId: string;
  readonly tries: number;
}

export function afterSecondaryPoll(
  { taskId, tries }: SecondaryTaskPoll,
  reply: RecordReply,
  creditsPerTask: number,
  random: number,
): Step {
  switch (reply.kind) {
    case 'succeeded':
      return { kind: 'count-credits', taskId, credits: reply.credits ?? creditsPerTask };
    case 'failed':
      return { kind: 'count-credits', taskId, credits: reply.credits ?? 0, failed: true };
    case 'pending':
      return pollAgain({ taskId, tries }, random, reply.credits ?? 0);
    case 'unknown-task':
    case 'retry':
      return pollAgain({ taskId, tries }, random);
    case 'throttled':
    case 'halt':
      // The account has to wait, which says nothing about the task.
      return { kind: 'poll-secondary-again', delayMs: secondaryTaskPolicy.backoff.mostMs, tries };
    default:
      return reply satisfies never;
  }
}

/** The cost that a running task's record shows counts, even if its end is never seen. */
function pollAgain({ taskId, tries }: SecondaryTaskPoll, random: number, credits = 0): Step {
  if (tries + 1 < secondaryTaskPolicy.mostTries)
    return {
      kind: 'poll-secondary-again',
      delayMs: backoffMs(secondaryTaskPolicy.backoff, tries + 1, random),
      tries: tries + 1,
    };
  return credits > 0 ? { kind: 'count-credits', taskId, credits } : { kind: 'nothing' };
}
