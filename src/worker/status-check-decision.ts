/**
 * What follows from a task's record. Pure. The same decision for a scheduled status check and for one that a callback
 * started.
 */
import type { Item } from '../shared/ledger/item.ts';
import { type Backoff, statusCheckPolicy } from '../shared/policy.ts';
import { fileKeptMs } from '../shared/vendor/facts.ts';
import type { RecordReply } from '../shared/vendor/replies.ts';
import { backoffMs } from './backoff.ts';
import { type SeenState, type SeenTime, seeAgain, seenMs } from './seen-time.ts';
import type { Step } from './step.ts';

export interface StatusCheckRules {
  /** A task that was seen running for this long is given up. */
  readonly deadlineMs: number;
  /** What a task costs when its record does not say. */
  readonly creditsPerTask: number;
  /** Tasks a link may use up, at most. */
  readonly mostTasks: number;
  /** The model fails the tasks of every link now. */
  readonly modelFailing?: boolean;
  readonly onAmbiguous: 'resubmit' | 'hold';
  readonly backoff: Backoff;
  /** When the schedule would poll again if the task still runs, from now. */
  readonly nextPollMs: number;
}

export interface CheckedTask {
  readonly item: Item;
  /** What earlier polls have seen. */
  readonly seen: SeenTime;
  /** Polls in a row without a usable answer. */
  readonly tries: number;
  /** A callback has said that the task has ended. */
  readonly calledBack?: boolean;
  readonly now: number;
}

type PollAgain = Extract<Step, { kind: 'poll-again' }>;

export function afterStatusCheck(
  task: CheckedTask,
  reply: RecordReply,
  rules: StatusCheckRules,
  random: number,
): Step {
  switch (reply.kind) {
    case 'pending':
      return pastDeadline(task, rules) ?? withCredits(reply.credits, lookWhileRunning(task, rules, random));
    case 'succeeded':
      return { kind: 'download', urls: reply.urls, credits: reply.credits ?? rules.creditsPerTask };
    case 'failed':
      return afterFailure(task, reply, rules, random);
    case 'unknown-task':
      return afterUnknownTask(task, reply.message, rules, random);
    case 'throttled':
      return { ...keptOf(task), delayMs: backoffMs(rules.backoff, 1, random, reply.retryAfterMs) };
    case 'halt':
      return {
        kind: 'halt',
        reason: reply.reason,
        message: reply.message,
        delayMs: statusCheckPolicy.askAgainMs,
      };
    case 'retry':
      return unreadable(task, reply) ?? lookAfterTrouble(task, rules, random);
    default:
      return reply satisfies never;
  }
}

/** A record may be a moment behind the callback; a callback that is not true after that counts for nothing. */
function lookWhileRunning(task: CheckedTask, rules: StatusCheckRules, random: number): PollAgain {
  const { calledBack, tries } = task;
  const again = { kind: 'poll-again', isRunning: true } as const;
  if (!calledBack || tries >= statusCheckPolicy.believedLooks) {
    return { ...again, delayMs: rules.nextPollMs, seen: seenAgain(task, 'running', rules.nextPollMs) };
  }
  const delayMs = Math.min(rules.nextPollMs, backoffMs(rules.backoff, tries + 1, random));
  const seen = seenAgain(task, 'running', delayMs);
  return { ...again, delayMs, seen, tries: tries + 1, calledBack };
}

function seenAgain({ seen, now }: CheckedTask, state: SeenState, delayMs: number): SeenTime {
  return seeAgain(seen, state, now, delayMs);
}

/** Credits are charged at submission, and visible while the task runs. */
function withCredits(credits: number | null | undefined, step: PollAgain): PollAgain {
  return credits ? { ...step, credits } : step;
}

/** A poll without information changes nothing. */
function keptOf({ seen, tries, calledBack }: CheckedTask) {
  return {
    kind: 'poll-again' as const,
    seen,
    ...(tries === 0 ? {} : { tries }),
    ...(calledBack ? { calledBack } : {}),
  };
}

function lookAfterTrouble(task: CheckedTask, rules: StatusCheckRules, random: number): PollAgain {
  const tries = task.tries + 1;
  return { ...keptOf(task), delayMs: backoffMs(rules.backoff, tries, random), tries };
}

/** An unreachable or failing vendor is waited for, while it keeps the file; an unknown answer is not. */
function unreadable(
  { item, tries, now }: CheckedTask,
  reply: Extract<RecordReply, { kind: 'retry' }>,
): Step | null {
  const isGone = item.submittedAt !== null && now - item.submittedAt >= fileKeptMs;
  if (!isGone && (reply.warn !== true || tries < statusCheckPolicy.mostUnreadable)) return null;
  return { kind: 'fail', reason: 'task-timeout', message: `its record could not be read: ${reply.message}` };
}

/** Only a poll that finds the task still running ends it, and only observed time counts. */
function pastDeadline({ seen, now }: CheckedTask, { deadlineMs }: StatusCheckRules): Step | null {
  if (seenMs(seen, 'running', now) < deadlineMs) return null;
  const minutes = Math.round(deadlineMs / 60_000);
  const message = `the vendor has reported the task as running for ${minutes} minutes; a retry polls it again for free`;
  return { kind: 'fail', reason: 'task-timeout', message };
}

function afterFailure(
  task: CheckedTask,
  reply: Extract<RecordReply, { kind: 'failed' }>,
  rules: StatusCheckRules,
  random: number,
): Step {
  if (!hasFailedForGood(task, reply)) {
    const leftMs = (reply.graceMs ?? 0) - seenMs(task.seen, 'failed', task.now);
    const delayMs = Math.min(statusCheckPolicy.secondPollMs, leftMs);
    return { kind: 'poll-again', delayMs, seen: seenAgain(task, 'failed', delayMs) };
  }
  const message = failureText(reply);
  const { item } = task;
  const tasks = item.taskIds.length;
  // What a running task was seen to cost counts until its record says that it was given back.
  const credits = reply.credits ?? item.chargedCredits;
  const charged = credits > 0 ? { credits } : {};
  const fail = { kind: 'fail', reason: 'generation-failed', message, unpaid: true, ...charged } as const;
  if (credits > 0 && item.billedFailures > 0) {
    return { ...fail, message: `${message}; not repeated, as failed tasks of this link were billed twice` };
  }
  const excused = rules.modelFailing && (isWorthAnother(reply) || item.excusedTasks === 0);
  if (excused)
    return { kind: 'resubmit', delayMs: statusCheckPolicy.excusedMs, message, excused, ...charged };
  if (!isWorthAnother(reply) || tasks - item.excusedTasks >= rules.mostTasks) return fail;
  return { kind: 'resubmit', delayMs: backoffMs(rules.backoff, tasks, random), message, ...charged };
}

export function failureText({ failCode, failMsg }: Extract<RecordReply, { kind: 'failed' }>): string {
  return [failCode, failMsg].filter(Boolean).join(': ') || 'the vendor gave no reason';
}

function isWorthAnother({ resubmit, graceMs }: Extract<RecordReply, { kind: 'failed' }>): boolean {
  return resubmit || graceMs !== undefined;
}

/** Whether a failure is the task's last word, and not one that may yet turn. */
export function hasFailedForGood(
  { seen, now }: Pick<CheckedTask, 'seen' | 'now'>,
  { graceMs = 0 }: Extract<RecordReply, { kind: 'failed' }>,
): boolean {
  return seenMs(seen, 'failed', now) >= graceMs;
}

function afterUnknownTask(task: CheckedTask, words: string, rules: StatusCheckRules, random: number): Step {
  if (seenMs(task.seen, 'unknown', task.now) < statusCheckPolicy.unknownGraceMs) {
    const tries = task.tries + 1;
    // A callback has reported the end, so the record can only be a moment behind.
    const delayMs = task.calledBack
      ? backoffMs(rules.backoff, tries, random)
      : Math.min(statusCheckPolicy.secondPollMs, Math.max(rules.nextPollMs, rules.backoff.firstMs));
    const again = task.calledBack ? { tries, calledBack: true } : {};
    return { kind: 'poll-again', delayMs, seen: seenAgain(task, 'unknown', delayMs), ...again };
  }
  const message = `the vendor no longer knows the task: ${words}`;
  if (rules.onAmbiguous === 'hold') return { kind: 'hold', message };
  const tasks = task.item.taskIds.length;
  if (tasks >= rules.mostTasks) return { kind: 'fail', reason: 'generation-failed', message };
  return {
    kind: 'resubmit-unsure',
    cost: 'attempt',
    delayMs: backoffMs(rules.backoff, tasks, random),
    message,
  };
}
