/**
 * Records a task id from the vendor: from the answer to a create call, or from a callback whose task's record names the
 * item, in any order and any number of times. Both ways are recorded here, so they cannot differ. Called where steps
 * are applied. Invariant: a received id is recorded before anything else, whatever the item's state; and a known id
 * changes nothing.
 */
import { isCollectable } from './batch-operations.ts';
import type { ItemChanges } from './changes.ts';
import type { Item } from './item.ts';
import type { Ledger } from './ledger.ts';
import type { TransitionName } from './states.ts';

export interface FoundTask {
  readonly taskId: string;
  readonly by: 'answer' | 'callback';
  /** The create call it belongs to, from 1; see callback-tokens.ts. */
  readonly attempt: number;
}

export type Recorded =
  /** The task is now the item's, and needs a status check. */
  | 'taken'
  /** On record already. */
  | 'known'
  /** Recorded as a secondary task: the link may be paid twice. */
  | 'beside'
  /** The link had failed without a task to collect: a retry polls this one. */
  | 'kept'
  /** Another item has it: nothing is recorded. */
  | 'of-another'
  /** There is no such item. */
  | 'no-item';

interface Placement {
  /** Null: the item stays where it is. */
  readonly transition: TransitionName | null;
  readonly changes: ItemChanges;
}

const foundLate =
  'a task whose answer was lost was found after the link had failed; a retry collects it for free';
const renewed: Placement = { transition: 'recordTask', changes: { message: null, addAttempts: 1 } };

/** Where a task id belongs that the item does not have yet. Pure. */
export function placeFoundTask(item: Item, { taskId, attempt }: FoundTask): Placement {
  const { state, attempts } = item;
  switch (state) {
    case 'submitting':
      return {
        transition: 'recordTask',
        changes: {
          taskId,
          message: null,
          // A call of earlier has been counted when its answer was given up.
          addAttempts: attempt > attempts ? 1 : 0,
          ...stamp(item),
        },
      };
    case 'queued':
    case 'held':
      // The second, duplicate payment has not been made.
      return {
        transition: 'recordOrphan',
        changes: {
          taskId,
          message: null,
          // A call that was refused has not been counted.
          addAttempts: attempt > attempts ? 1 : 0,
          ...stamp(item),
          ...tally(item, -1),
        },
      };
    case 'processing':
    case 'downloading':
      // Another task of the link is being followed. It continues; if it fails, this one is followed.
      return {
        transition: null,
        changes: { ...spare(taskId), ...(item.possiblyPaidTwice > 0 ? {} : tally(item, 1)) },
      };
    case 'saved':
      return {
        transition: null,
        changes: { otherTaskId: taskId, ...(item.possiblyPaidTwice > 0 ? {} : tally(item, 1)) },
      };
    case 'failed':
      // It may be paid and produce the video: the link stays ended, and a retry collects it instead of paying again.
      return isCollectable(item.reason ?? '')
        ? { transition: null, changes: spare(taskId) }
        : { transition: null, changes: { taskId, reason: 'task-timeout', message: foundLate } };
    case 'cancelled':
      return { transition: null, changes: spare(taskId) };
    default:
      return state satisfies never;
  }
}

function spare(taskId: string): ItemChanges {
  return { otherTaskId: taskId, spareTaskId: taskId };
}

/** `submitting` has recorded when the call left. */
function stamp({ submittedAt }: Item): ItemChanges {
  return submittedAt === null ? { stamp: ['submittedAt'] } : {};
}

function tally({ state }: Item, by: 1 | -1): ItemChanges {
  return state === 'held' ? {} : { addPossiblyPaidTwice: by };
}

/**
 * Records a task id; tries again if the item has changed meanwhile.
 * @param seen the item as last read, which saves another read
 */
export async function recordFoundTask(
  ledger: Ledger,
  id: string,
  found: FoundTask,
  seen?: Item,
): Promise<Recorded> {
  for (let item = seen ?? (await ledger.item(id)); ; item = await ledger.item(id)) {
    if (item === null) return 'no-item';
    const isKnown = item.taskIds.includes(found.taskId);
    // The answer to the present call names a task of earlier: the vendor continues with that one. The answer to an earlier
    // call, recorded once more, is no such answer.
    const isRenewed =
      isKnown && found.by === 'answer' && item.state === 'submitting' && found.attempt > item.attempts;
    if (isKnown && !isRenewed) return 'known';
    const placement = isRenewed ? renewed : placeFoundTask(item, found);
    const { transition } = placement;
    const changes = { ...placement.changes, ...unownedUnlessAnswered(found) };
    const expect = { state: item.state, attempts: item.attempts };
    const moved =
      transition === null
        ? await ledger.note(id, changes, expect)
        : await ledger.move(transition, id, changes, { expect });
    if (moved.moved && transition === null) return changes.taskId === undefined ? 'beside' : 'kept';
    if (moved.moved) return 'taken';
    if (moved.refusal === 'known-task') return 'known';
    if (moved.refusal === 'task-of-another') return 'of-another';
  }
}

/** The answer to our own call is believed; what a callback has named may be another item's by now. */
function unownedUnlessAnswered({ by, taskId }: FoundTask): ItemChanges {
  return by === 'answer' ? {} : { unownedTaskId: taskId };
}
