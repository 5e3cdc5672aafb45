/**
 * What a transition changes in an item besides its state, and how that is told to transition.lua.
 */
import { type FieldName, fields } from './item.ts';
import type { FailureReason } from './states.ts';

export interface ItemChanges {
  /** Null removes it. */
  readonly reason?: FailureReason | null;
  /** Null removes it. */
  readonly message?: string | null;
  readonly taskId?: string;
  /** Sets the count anew, where a person has asked for another try. */
  readonly attempts?: number;
  /** Added to what is there; the item's batches count these too. */
  readonly addAttempts?: number;
  readonly addPossiblyPaidTwice?: number;
  readonly addCreditsSpent?: number;
  readonly addBytes?: number;
  readonly sha256?: string;
  /** Null: the usual place, which is not stored. */
  readonly file?: string | null;
  /** Goes back to the gate without having got through: no other link is handed out in its place. */
  readonly staysAtGate?: boolean;
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
  const add = (name: FieldName, value: number | undefined) => (value ? call('add', name, String(value)) : []);
  const set = (name: FieldName, value: string | Buffer | null | undefined) => {
    if (value === undefined) return [];
    return value === null ? call('del', name) : call('set', name, value);
  };
  return [
    set('reason', changes.reason),
    set('message', changes.message?.slice(0, longestMessage) ?? changes.message),
    changes.taskId === undefined ? [] : call('push', 'taskIds', changes.taskId),
    set('attempts', changes.attempts === undefined ? undefined : String(changes.attempts)),
    add('attempts', changes.addAttempts),
    add('possiblyPaidTwice', changes.addPossiblyPaidTwice),
    add('creditsSpent', changes.addCreditsSpent),
    add('bytes', changes.addBytes),
    set('sha256', changes.sha256 === undefined ? undefined : Buffer.from(changes.sha256, 'hex')),
    set('file', changes.file),
    changes.staysAtGate ? ['gate', '', ''] : [],
    ...(changes.stamp ?? []).map((name) => call('stamp', name)),
  ].flat();
}
