/** Changes items: along the ways of states.ts, or in what is noted of them. */
import { jobPolicy } from '../policy.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import { type ItemChanges, scriptArguments } from './changes.ts';
import { ledgerKeys } from './keys.ts';
import { ledgerScript } from './ledger-script.ts';
import { type ItemState, isEnded, itemStates, type TransitionName, transitions } from './states.ts';

export interface Expectation {
  /** The transition only happens from this state. */
  readonly state?: ItemState;
  /** … while this many create calls have counted. */
  readonly attempts?: number;
  /** … and while this is the latest task. */
  readonly taskId?: string;
}

/**
 * Why a transition did not happen, other than the state: the task id is already recorded; the batch is paused and the
 * link is back in its backlog; Redis was restarted and not every worker has recorded again what it may have lost; the
 * batch's budget has no room now (`budget-wait`), or will not have any (`budget-out`).
 */
export type Refusal =
  | 'known-task'
  | 'task-of-another'
  | 'paused'
  | 'redis-restarted'
  | 'budget-wait'
  | 'budget-out';

export type Moved =
  /** `isDearer`: the batch was paused, as its tasks cost more than was announced. */
  | { readonly moved: true; readonly isDearer?: true }
  | { readonly moved: false; readonly state: ItemState | null; readonly refusal?: Refusal };

export function createMoveItem({ redis, prefix }: Keyspace) {
  const keys = ledgerKeys(prefix);
  const moveScript = ledgerScript(redis, 'transition');

  /**
   * Moves an item along one of the ways in states.ts.
   * @param nextJobMs when the item's next job runs, from now; keeps the sweep from making it twice
   */
  async function move(
    name: TransitionName,
    id: string,
    changes: ItemChanges = {},
    { nextJobMs = 0, expect = {} }: { readonly nextJobMs?: number; readonly expect?: Expectation } = {},
  ): Promise<Moved> {
    const { from, to } = transitions[name];
    const attention = isEnded(to) || to === 'held' ? '' : Math.round(nextJobMs) + jobPolicy.graceMs;
    return change(id, { from, to, attention }, changes, expect);
  }

  async function note(id: string, changes: ItemChanges, expect: Expectation = {}): Promise<Moved> {
    return change(id, { from: itemStates, to: '', attention: 'same' }, changes, expect);
  }

  async function change(
    id: string,
    way: { from: readonly ItemState[]; to: ItemState | ''; attention: string | number },
    changes: ItemChanges,
    expect: Expectation,
  ): Promise<Moved> {
    const { state: expected } = expect;
    const from = expected === undefined ? way.from : way.from.filter((state) => state === expected);
    const [moved, state, why] = (await moveScript(
      [keys.item(id), keys.counts, keys.active, keys.atGate],
      [
        prefix,
        id,
        from.join(','),
        way.to,
        expect.attempts ?? '',
        expect.taskId ?? '',
        way.attention,
        ...scriptArguments(changes),
      ],
    )) as [number, string, 'state' | 'dearer' | Refusal];
    if (moved === 1) return why === 'dearer' ? { moved: true, isDearer: true } : { moved: true };
    const known = itemStates.find((each) => each === state) ?? null;
    return { moved: false, state: known, ...(why === 'state' || why === 'dearer' ? {} : { refusal: why }) };
  }

  return { move, note };
}
