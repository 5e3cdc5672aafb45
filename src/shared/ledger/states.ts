/**
 * The states of an item and every way from one to another. This table is the only place that says which
 * transitions exist: the ledger asks it before it asks Redis, and a test keeps the diagram in
 * docs/states.md equal to it. Words and reasons are the product's contract: scripts rely on them.
 */

/** The queues that an item passes, in their order. */
export const stages = ['submit', 'status-check', 'download'] as const;
export type Stage = (typeof stages)[number];

interface StateFacts {
  /** The queue whose job takes the item further; null when only a person's command does. */
  readonly stage: Stage | null;
  /** Nothing but a person's command leaves it. */
  readonly isEnd: boolean;
  /** A task has been paid whose result is still to come. */
  readonly isPaid: boolean;
  /** Its items are listed by batch, so that few among a million are found at once. */
  readonly isListed: boolean;
}

const usual = { isEnd: false, isPaid: false, isListed: false };

/** What there is to know of each state; the Lua scripts get theirs from here too (scripts/ledger-script.ts). */
export const stateFacts = {
  queued: { ...usual, stage: 'submit' },
  submitting: { ...usual, stage: 'submit' },
  processing: { ...usual, stage: 'status-check', isPaid: true },
  downloading: { ...usual, stage: 'download', isPaid: true },
  saved: { ...usual, stage: null, isEnd: true },
  failed: { ...usual, stage: null, isEnd: true, isListed: true },
  cancelled: { ...usual, stage: null, isEnd: true },
  held: { ...usual, stage: null, isListed: true },
} as const satisfies Record<string, StateFacts>;

export type ItemState = keyof typeof stateFacts;

export const itemStates: readonly [ItemState, ...ItemState[]] = [
  'queued',
  'submitting',
  'processing',
  'downloading',
  'saved',
  'failed',
  'cancelled',
  'held',
];

function statesWhere(holds: (facts: StateFacts) => boolean): readonly ItemState[] {
  return itemStates.filter((state) => holds(stateFacts[state]));
}

export const failureReasons = [
  'invalid-link',
  'rejected',
  'generation-failed',
  'task-timeout',
  'download-failed',
  'result-invalid',
  'attempts-exhausted',
  'budget-exhausted',
  'input-unreadable',
] as const;
export type FailureReason = (typeof failureReasons)[number];

const endStates = statesWhere(({ isEnd }) => isEnd);

/** States in which work is under way or waits to be done; a batch has ended when none of its items is in one. */
export const activeStates = statesWhere(({ stage }) => stage !== null);

export interface Transition {
  readonly from: readonly ItemState[];
  readonly to: ItemState;
  /** Who or what brings it about; the label in the diagram. */
  readonly because: string;
}

export const transitions = {
  beginSubmit: { from: ['queued'], to: 'submitting', because: 'admitted by the gate' },
  recordTask: { from: ['submitting'], to: 'processing', because: 'task id recorded' },
  awaitCallback: { from: ['submitting'], to: 'submitting', because: 'answer lost, its callback may tell' },
  recordOrphan: { from: ['queued', 'held'], to: 'processing', because: 'lost task id recovered' },
  submitLater: { from: ['submitting'], to: 'queued', because: 'throttled, halted or to be tried again' },
  hold: { from: ['submitting', 'processing'], to: 'held', because: 'answer lost, policy hold' },
  resubmit: { from: ['processing'], to: 'queued', because: 'task failed, worth another' },
  beginDownload: { from: ['processing'], to: 'downloading', because: 'result exists' },
  save: { from: ['downloading'], to: 'saved', because: 'whole, verified, stored' },
  fail: {
    from: ['queued', 'submitting', 'processing', 'downloading'],
    to: 'failed',
    because: 'ended with a reason',
  },
  cancel: {
    from: ['queued', 'held', 'processing', 'downloading'],
    to: 'cancelled',
    because: 'cancelled by a person',
  },
  requeue: {
    from: ['failed', 'cancelled', 'held', 'saved'],
    to: 'queued',
    because: 'retried or forced by a person',
  },
  collectAgain: {
    from: ['failed', 'cancelled'],
    to: 'processing',
    because: 'retried, the task is paid already',
  },
  downloadAgain: {
    from: ['failed', 'cancelled'],
    to: 'downloading',
    because: 'retried, the result exists already',
  },
  fetchAgain: { from: ['saved'], to: 'downloading', because: 'its file is gone, collected again unpaid' },
  staySaved: { from: ['downloading'], to: 'saved', because: 'collecting again came to nothing' },
  cancelOnReturn: {
    from: ['submitting'],
    to: 'cancelled',
    because: 'on its way back to a cancelled batch',
  },
} as const satisfies Record<string, Transition>;
export type TransitionName = keyof typeof transitions;

export function isEnded(state: ItemState): boolean {
  return stateFacts[state].isEnd;
}

/** The same facts as tables of Lua, which stand before every script of the ledger. */
export function statesInLua(): string {
  const set = (name: string, states: readonly ItemState[]) =>
    `local ${name} = { ${states.map((state) => `${state} = true`).join(', ')} }`;
  return [
    set('isEndState', endStates),
    set('isActiveState', activeStates),
    set(
      'isPaidState',
      statesWhere(({ isPaid }) => isPaid),
    ),
    set(
      'isListedState',
      statesWhere(({ isListed }) => isListed),
    ),
  ].join('\n');
}

export function stateDiagram(): string {
  const arrows = Object.values(transitions).flatMap(({ from, to, because }) =>
    from.map((state) => `  ${state} --> ${to}: ${because}`),
  );
  const ends = endStates.map((state) => `  ${state} --> [*]`);
  return ['stateDiagram-v2', '  [*] --> queued: link accepted', ...arrows, ...ends].join('\n');
}
