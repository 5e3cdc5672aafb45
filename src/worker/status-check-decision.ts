/**
 * What follows from a task's record. Pure. The one decision for both ways to the same fact: the status
 * check that looked by itself and the one a callback woke.
 */
import type { Item } from '../shared/ledger/item.ts';
import type { RecordReply } from '../shared/vendor/replies.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Step } from './step.ts';

export interface StatusCheckRules {
  /** After this a task that is still running is given up, from its submission. */
  readonly deadlineMs: number;
  /** What a task costs when its record does not say. */
  readonly creditsPerTask: number;
  /** Tasks a link may use up, at most. */
  readonly mostTasks: number;
  /** The model fails the tasks of every link at present. */
  readonly modelFailing?: boolean;
  readonly onAmbiguous: 'resubmit' | 'hold';
  readonly backoff: Backoff;
  /** When the schedule would look again if the task is still running, from now. */
  readonly nextLookMs: number;
}

export interface CheckedTask {
  readonly item: Item;
  /** When a failure that may yet turn was first seen. */
  readonly failedSince: number | undefined;
  /** Since when the vendor says, without a break, that it does not know the task. */
  readonly unknownSince?: number | undefined;
  /** Looks in a row that got no usable answer. */
  readonly tries: number;
  /** A callback has said that the task has ended. */
  readonly calledBack?: boolean;
  readonly now: number;
}

/**
 * A record may take this long to appear; unknown for longer without a break, the task is lost. A single odd answer
 * must not pay for a task again. Source: vendor-api.md, 422 on a query.
 */
const unknownGraceMs = 120_000;
/** Looks that believe a callback more than the record. */
const believedLooks = 4;
/** Waiting for the end of a halt is the gate's business; the job only comes back to ask. */
const askAgainMs = 2000;
/** While a failure may yet turn, or a record may yet appear, look this often. */
const secondLookMs = 15_000;

/** A link that has tried a failing model leaves the next trials to others. */
const excusedMs = 60_000;

type LookAgain = Extract<Step, { do: 'look-again' }>;

export function afterStatusCheck(
  task: CheckedTask,
  reply: RecordReply,
  rules: StatusCheckRules,
  random: number,
): Step {
  switch (reply.outcome) {
    case 'pending':
      return pastDeadline(task, rules) ?? lookWhileRunning(task, rules, random);
    case 'succeeded':
      return { do: 'download', urls: reply.urls, credits: reply.credits ?? rules.creditsPerTask };
    case 'failed':
      return afterFailure(task, reply, rules, random);
    case 'unknown-task':
      return afterUnknownTask(task, reply.message, rules, random);
    case 'throttled':
      return {
        do: 'look-again',
        delayMs: backoffMs(rules.backoff, 1, random, reply.retryAfterMs),
        ...keptOf(task),
      };
    case 'halt':
      return { do: 'halt', reason: reply.reason, message: reply.message, delayMs: askAgainMs };
    case 'retry':
      return pastDeadline(task, rules) ?? lookAfterTrouble(task, rules, random);
    default:
      return reply satisfies never;
  }
}

/** A record may be a moment behind the callback; a callback that is not true after that counts for nothing. */
function lookWhileRunning({ calledBack, tries }: CheckedTask, rules: StatusCheckRules, random: number): Step {
  const again = { do: 'look-again', isRunning: true } as const;
  if (!calledBack || tries >= believedLooks) return { ...again, delayMs: rules.nextLookMs };
  const delayMs = Math.min(rules.nextLookMs, backoffMs(rules.backoff, tries + 1, random));
  return { ...again, delayMs, tries: tries + 1, calledBack };
}

/** A look that told nothing leaves what is known as it is. */
function keptOf({ failedSince, unknownSince, tries, calledBack }: CheckedTask) {
  return {
    ...(unknownSince === undefined ? {} : { unknownSince }),
    ...(failedSince === undefined ? {} : { failedSince }),
    ...(tries === 0 ? {} : { tries }),
    ...(calledBack ? { calledBack } : {}),
  };
}

function lookAfterTrouble(task: CheckedTask, rules: StatusCheckRules, random: number): LookAgain {
  const tries = task.tries + 1;
  return { do: 'look-again', ...keptOf(task), delayMs: backoffMs(rules.backoff, tries, random), tries };
}

function pastDeadline({ item, now }: CheckedTask, { deadlineMs }: StatusCheckRules): Step | null {
  if (item.submittedAt === null || now - item.submittedAt < deadlineMs) return null;
  const minutes = Math.round(deadlineMs / 60_000);
  return { do: 'fail', reason: 'task-timeout', message: `the task had no result after ${minutes} minutes` };
}

function afterFailure(
  task: CheckedTask,
  reply: Extract<RecordReply, { outcome: 'failed' }>,
  rules: StatusCheckRules,
  random: number,
): Step {
  const since = task.failedSince ?? task.now;
  if (reply.graceMs !== undefined && !hasFailedForGood(task, reply)) {
    const left = reply.graceMs - (task.now - since);
    return { do: 'look-again', delayMs: Math.min(secondLookMs, left), failedSince: since };
  }
  const message = failureText(reply);
  const { item } = task;
  const tasks = item.taskIds.length;
  const charged = reply.credits === null || reply.credits === 0 ? {} : { credits: reply.credits };
  const fail = { do: 'fail', reason: 'generation-failed', message, unpaid: true, ...charged } as const;
  if (reply.credits !== null && reply.credits > 0 && item.billedFailures > 0) {
    return { ...fail, message: `${message}; not repeated, as failed tasks of this link were billed twice` };
  }
  const excused = rules.modelFailing && (isWorthAnother(reply) || item.excusedTasks === 0);
  if (excused) return { do: 'resubmit', delayMs: excusedMs, message, excused, ...charged };
  if (!isWorthAnother(reply) || tasks - item.excusedTasks >= rules.mostTasks) return fail;
  return { do: 'resubmit', delayMs: backoffMs(rules.backoff, tasks, random), message, ...charged };
}

export function failureText({ failCode, failMsg }: Extract<RecordReply, { outcome: 'failed' }>): string {
  return [failCode, failMsg].filter(Boolean).join(': ') || 'the vendor gave no reason';
}

function isWorthAnother({ resubmit, graceMs }: Extract<RecordReply, { outcome: 'failed' }>): boolean {
  return resubmit || graceMs !== undefined;
}

/** Whether a failure is the task's last word, and not one that may yet turn. */
export function hasFailedForGood(
  { failedSince, now }: Pick<CheckedTask, 'failedSince' | 'now'>,
  { graceMs }: Extract<RecordReply, { outcome: 'failed' }>,
): boolean {
  return graceMs === undefined || now - (failedSince ?? now) >= graceMs;
}

function afterUnknownTask(task: CheckedTask, words: string, rules: StatusCheckRules, random: number): Step {
  const { item, now } = task;
  const unknownSince = task.unknownSince ?? now;
  if (now - unknownSince < unknownGraceMs) {
    const delayMs = Math.min(secondLookMs, Math.max(rules.nextLookMs, rules.backoff.firstMs));
    // Told by a callback that the task has ended, the record can only be a moment behind.
    const again = task.calledBack
      ? lookAfterTrouble(task, rules, random)
      : ({ do: 'look-again', delayMs } as const);
    return { ...again, unknownSince };
  }
  const message = `the vendor no longer knows the task: ${words}`;
  if (rules.onAmbiguous === 'hold') return { do: 'hold', message };
  const tasks = item.taskIds.length;
  if (tasks >= rules.mostTasks) return { do: 'fail', reason: 'generation-failed', message };
  return {
    do: 'resubmit-unsure',
    cost: 'attempt',
    delayMs: backoffMs(rules.backoff, tasks, random),
    message,
  };
}
