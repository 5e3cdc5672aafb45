/** What a transition changes in an item in addition to its state, and how this is passed to transition.lua. */
import { type CostEstimate, type FieldName, fields, type Item } from './item.ts';
import type { FailureReason } from './states.ts';

export interface ItemChanges {
  /** Null removes it. */
  readonly reason?: FailureReason | null;
  /** Null removes it. */
  readonly message?: string | null;
  /** Becomes the task that counts. */
  readonly taskId?: string;
  /** A secondary task. */
  readonly otherTaskId?: string;
  /** A secondary task that may have a result. */
  readonly spareTaskId?: string;
  /** A secondary task that has none. */
  readonly uselessTaskId?: string;
  /** A secondary task that becomes the one that counts. */
  readonly followedTaskId?: string;
  /** Refused when another item has this task. */
  readonly unownedTaskId?: string;
  /** Resets the count when a person retries. */
  readonly attempts?: number;
  /** Added to what is there; the item's batches count these too. */
  readonly addAttempts?: number;
  readonly addBytes?: number;
  /** Added to the item alone. */
  readonly addExcusedTasks?: number;
  readonly addBilledFailures?: number;
  /** May be below 0; the item's batches count the links where it is above 0. */
  readonly addPossiblyPaidTwice?: number;
  /** The cost in the record of a running task; replaces what was reserved for it. */
  readonly chargeCredits?: number;
  /** The final cost of a task; replaces what was reserved or charged for it. */
  readonly addCreditsSpent?: number;
  /** What a task has really cost that is not the one followed; counted once. */
  readonly addCreditsSpentBeside?: { readonly taskId: string; readonly credits: number };
  /** Refused when the budget of the item's batch has no room for it. */
  readonly reserveCredits?: CostEstimate | 'unknown';
  /** Nothing was charged: gives back what was reserved. */
  readonly releaseCredits?: boolean;
  readonly sha256?: string;
  /** Null: the usual place, which is not stored. */
  readonly file?: string | null;
  /** Returns to the gate without a call: no other link is handed out in its place. */
  readonly staysAtGate?: boolean;
  /** A create call that has left already, and that Redis has forgotten: neither a pause nor a restart of Redis stops it. */
  readonly renewsCall?: boolean;
  /** The worker that submits; removed by every later transition. */
  readonly submitter?: string;
  /** Null removes it. */
  readonly upload?: Item['upload'];
  /** Null: there is no create call whose start is recorded. */
  readonly submittedAt?: null;
  /** Instants set to Redis's present time. */
  readonly stamp?: readonly ('submittedAt' | 'completedAt' | 'savedAt')[];
}

const longestMessage = 300;

export function scriptArguments(changes: ItemChanges): (string | Buffer)[] {
  const call = (operation: string, name: FieldName, value: string | Buffer = '') => [
    operation,
    fields[name],
    value,
  ];
  const number = (operation: string, name: FieldName, value: number | undefined) =>
    value ? call(operation, name, String(value)) : [];
  const set = (name: FieldName, value: string | Buffer | null | undefined) => {
    if (value === undefined) return [];
    return value === null ? call('del', name) : call('set', name, value);
  };
  return [
    changes.renewsCall ? ['renew', '', ''] : [],
    set('reason', changes.reason),
    set('message', changes.message?.slice(0, longestMessage) ?? changes.message),
    changes.unownedTaskId === undefined ? [] : ['unowned', '', changes.unownedTaskId],
    changes.taskId === undefined ? [] : call('push', 'taskIds', changes.taskId),
    changes.otherTaskId === undefined ? [] : call('unshift', 'taskIds', changes.otherTaskId),
    changes.spareTaskId === undefined ? [] : call('list', 'spareTasks', changes.spareTaskId),
    changes.uselessTaskId === undefined ? [] : call('unlist', 'spareTasks', changes.uselessTaskId),
    set('attempts', changes.attempts === undefined ? undefined : String(changes.attempts)),
    number('add', 'attempts', changes.addAttempts),
    number('add', 'bytes', changes.addBytes),
    number('increase', 'excusedTasks', changes.addExcusedTasks),
    number('increase', 'billedFailures', changes.addBilledFailures),
    number('tally', 'possiblyPaidTwice', changes.addPossiblyPaidTwice),
    changes.addCreditsSpent === undefined
      ? []
      : call('spend', 'creditsSpent', String(changes.addCreditsSpent)),
    changes.addCreditsSpentBeside === undefined
      ? []
      : call('spend-beside', 'creditsSpent', besideValue(changes.addCreditsSpentBeside)),
    changes.reserveCredits === undefined
      ? []
      : call('reserve', 'creditsSpent', reservation(changes.reserveCredits)),
    changes.chargeCredits === undefined ? [] : call('charge', 'creditsSpent', String(changes.chargeCredits)),
    changes.releaseCredits ? call('release', 'creditsSpent') : [],
    // After the account of the task that counted before.
    ...(changes.followedTaskId === undefined
      ? []
      : [
          call('unlist', 'spareTasks', changes.followedTaskId),
          call('follow', 'taskIds', changes.followedTaskId),
        ]),
    set('submitter', changes.submitter),
    set('submittedAt', changes.submittedAt),
    set('upload', changes.upload && `${changes.upload.at} ${changes.upload.url}`),
    set('sha256', changes.sha256 === undefined ? undefined : Buffer.from(changes.sha256, 'hex')),
    set('file', changes.file),
    changes.staysAtGate ? ['gate', '', ''] : [],
    ...(changes.stamp ?? []).map((name) => call('stamp', name)),
  ].flat();
}

function reservation(estimate: CostEstimate | 'unknown'): string {
  if (estimate === 'unknown') return '';
  const { credits, base, per } = estimate;
  return [credits, base, ...(per === undefined ? [] : [per.credits, per.unit])].join(' ');
}

function besideValue({ taskId, credits }: { readonly taskId: string; readonly credits: number }): string {
  return `${credits} ${taskId}`;
}
