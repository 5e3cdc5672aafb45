/**
 * What follows from the vendor's answer to a create call, or from there being none. Pure. Only an answer
 * that says something about this link costs it an attempt: being throttled or halted does not, nor does a
 * connection that never came about.
 */
import type { Item } from '../shared/ledger/item.ts';
import type { CreateReply } from '../shared/vendor/replies.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Step } from './step.ts';

export interface SubmitRules {
  /** Create calls that count, at most, before the link fails as `attempts-exhausted`. */
  readonly mostAttempts: number;
  readonly onAmbiguous: 'resubmit' | 'hold';
  readonly backoff: Backoff;
}

/** Waiting for a halt or a pause is the gate's business; the job only comes back to ask. */
const askAgainMs = 1000;
/** A vendor that cannot be reached at all is asked again this often. */
const unreachableMs = 5000;

export function afterSubmit(item: Item, reply: CreateReply, rules: SubmitRules, random: number): Step {
  switch (reply.outcome) {
    case 'accepted':
      return { do: 'record-task', taskId: reply.taskId };
    case 'throttled':
      return { do: 'submit-later', delayMs: 0, cost: 'nothing' };
    case 'halt':
      return { do: 'halt', reason: reply.reason, message: reply.message, delayMs: askAgainMs };
    case 'reject':
      return { do: 'fail', reason: 'rejected', message: reply.message };
    case 'retry':
      return tryAgain(item, reply.message, rules, random, reply.sent);
    case 'ambiguous':
      return afterLostAnswer(item, reply.message, rules, random);
    default:
      return reply satisfies never;
  }
}

/** The answer was lost, or the worker that waited for it: the vendor may have taken and billed the task. */
export function afterLostAnswer(item: Item, message: string, rules: SubmitRules, random: number): Step {
  if (rules.onAmbiguous === 'hold') {
    return {
      do: 'hold',
      message: `${message}; held, as the task may have been paid (ON_AMBIGUOUS_SUBMIT=hold)`,
    };
  }
  const attempts = item.attempts + 1;
  if (attempts >= rules.mostAttempts) return exhausted(attempts, message);
  return {
    do: 'resubmit-unsure',
    delayMs: backoffMs(rules.backoff, attempts, random),
    message: `${message}; submitted again, possibly paid twice`,
  };
}

function tryAgain(item: Item, message: string, rules: SubmitRules, random: number, sent: boolean): Step {
  const attempts = item.attempts + 1;
  // Nothing was sent, which says nothing about the link: wait as long as it takes.
  if (!sent) return { do: 'submit-later', delayMs: unreachableMs, cost: 'nothing', message };
  if (attempts >= rules.mostAttempts) return exhausted(attempts, message);
  return {
    do: 'submit-later',
    delayMs: backoffMs(rules.backoff, attempts, random),
    cost: 'attempt',
    message,
  };
}

function exhausted(attempts: number, message: string): Step {
  return {
    do: 'fail',
    reason: 'attempts-exhausted',
    message: `given up after ${attempts} attempts: ${message}`,
  };
}
