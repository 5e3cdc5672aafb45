/**
 * What follows from the vendor's answer to a create call, or from a missing answer. Pure. Only an answer about this
 * link costs it an attempt: being throttled or halted does not, nor does a connection that was never made.
 */
import type { Item } from '../shared/ledger/item.ts';
import { type Backoff, submitPolicy } from '../shared/policy.ts';
import type { CreateReply } from '../shared/vendor/replies.ts';
import { backoffMs } from './backoff.ts';
import type { Step } from './step.ts';

export interface SubmitRules {
  /** Create calls that count, at most, before the link fails as `attempts-exhausted`. */
  readonly mostAttempts: number;
  readonly onAmbiguous: 'resubmit' | 'hold';
  readonly backoff: Backoff;
  /** For how long the callback of a call with a lost answer is still possible; unset or 0: not possible. */
  readonly callbackLeftMs?: number;
  /** The vendor fails for all links: the answer says nothing about this one. */
  readonly vendorDown?: boolean;
  /** Every link of this model gets this refusal. */
  readonly refusesAll?: boolean;
  /** The vendor got an upload that was made earlier, and may have deleted it since. */
  readonly isUploadOld?: boolean;
}

export function afterSubmit(item: Item, reply: CreateReply, rules: SubmitRules, random: number): Step {
  switch (reply.kind) {
    case 'accepted':
      return { kind: 'record-task', taskId: reply.taskId };
    case 'throttled':
      return { kind: 'submit-later', delayMs: 0, cost: 'nothing' };
    case 'halt':
      return { kind: 'halt', reason: reply.reason, message: reply.message, delayMs: submitPolicy.askAgainMs };
    case 'reject':
      if (rules.isUploadOld)
        return {
          kind: 'submit-later',
          delayMs: 1,
          cost: 'nothing',
          message: `uploaded again: ${reply.message}`,
        };
      if (rules.refusesAll) return modelRefuses(reply.message);
      return { kind: 'fail', reason: 'rejected', message: reply.message, unpaid: true };
    case 'retry':
      return tryAgain(item, reply.message, rules, random, reply.sent);
    case 'ambiguous':
      return afterLostAnswer(item, reply.message, rules, random);
    default:
      return reply satisfies never;
  }
}

/**
 * The answer was lost, or the worker that waited for it: the vendor may have accepted and charged the task. With
 * callbacks, the task's callback contains its id when it ends; only then the policy decides.
 */
export function afterLostAnswer(item: Item, message: string, rules: SubmitRules, random: number): Step {
  const { callbackLeftMs = 0 } = rules;
  if (callbackLeftMs > 0) {
    return { kind: 'await-callback', delayMs: Math.min(callbackLeftMs, submitPolicy.reckonAgainMs), message };
  }
  if (rules.onAmbiguous === 'hold') {
    return {
      kind: 'hold',
      message: `${message}; held, because the task may have been paid (ON_AMBIGUOUS_SUBMIT=hold)`,
    };
  }
  if (item.possiblyPaidTwice >= submitPolicy.mostUnsure) return lostTooOften(item, message);
  const attempts = item.attempts + 1;
  if (attempts >= rules.mostAttempts && !rules.vendorDown) return exhausted(attempts, message);
  return {
    kind: 'resubmit-unsure',
    cost: rules.vendorDown ? 'nothing' : 'attempt',
    delayMs: backoffMs(rules.backoff, attempts, random),
    message: `${message}; submitted again, possibly paid twice`,
  };
}

/** No link is at fault. A link that has tried leaves the next trials to others. */
function modelRefuses(message: string): Step {
  return { kind: 'halt', reason: 'model-failing', message, delayMs: submitPolicy.refusedAgainMs };
}

/** Not repeated, even while the vendor is down: it may accept every task and lose every answer. */
function lostTooOften(item: Item, message: string): Step {
  const calls = item.possiblyPaidTwice + 1;
  return {
    kind: 'fail',
    reason: 'attempts-exhausted',
    message: `the answers to ${calls} create calls were lost, and each may have created a paid task: ${message}`,
  };
}

function tryAgain(item: Item, message: string, rules: SubmitRules, random: number, sent: boolean): Step {
  if (rules.refusesAll) return modelRefuses(message);
  const attempts = item.attempts + 1;
  // That says nothing about the link: wait as long as it takes.
  if (!sent || rules.vendorDown)
    return { kind: 'submit-later', delayMs: submitPolicy.unreachableMs, cost: 'nothing', message };
  if (attempts >= rules.mostAttempts) return { ...exhausted(attempts, message), unpaid: true };
  return {
    kind: 'submit-later',
    delayMs: backoffMs(rules.backoff, attempts, random),
    cost: 'attempt',
    message,
  };
}

function exhausted(attempts: number, message: string): Extract<Step, { kind: 'fail' }> {
  return {
    kind: 'fail',
    reason: 'attempts-exhausted',
    message: `given up after ${attempts} attempts: ${message}`,
  };
}

/** The batch may spend nothing more, and no open task could return credits. */
export function afterBudget(batch: string, budget: number): Step {
  const message = `the ${budget} credits allowed for batch ${batch} are used up; allow more with --max-credits, then: kie-batch retry ${batch} --reason budget-exhausted`;
  return { kind: 'fail', reason: 'budget-exhausted', message };
}
