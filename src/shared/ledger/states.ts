/**
 * The states of an item and all transitions between them. Only this table defines them: the ledger checks it
 * before it calls Redis, and a test keeps the diagram in docs/states.md equal to it. States and reasons are part
 * of the product's contract: scripts rely on them.
 */

/** The queues that an item passes, in their order. */
export const stages = ['submit', 'status-check', 'download'] as const;
export type Stage = (typeof stages)[number];

interface StateFacts {
  /** The queue whose job processes the item; null if only a person's command changes it. */
  readonly stage: Stage | null;
  /** Only a person's command leaves it. */
  readonly isEnd: boolean;
  /** A task is paid for, but its result is not stored yet. */
  readonly isPaid: boolean;
  /** Its items are listed by batch, so that a few among a million are found quickly. */
  readonly isListed: boolean;
}

const usual = { isEnd: false, isPaid: false, isListed: false };

/** The facts of each state, also for the Lua scripts (scripts/ledger-script.ts). */
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

/** States with work in progress or waiting. A batch has ended when none of its items is in one. */
export const activeStates = statesWhere(({ stage }) => stage !== null);

export interface Transition {
  readonly from: readonly ItemState[];
  readonly to: ItemState;
  /** Its cause, as the label in the diagram. */
  readonly because: string;
}

export const transitions = {
  beginSubmit: { from: ['queued'], to: 'submitting', because: 'admitted by the gate' },
  recordTask: { from: ['submitting'], to: 'processing', because: 'task id recorded' },
  awaitCallback: { from: ['submitting'], to: 'submitting', because: 'answer lost, waiting for its callback' },
  recordOrphan: { from: ['queued', 'held'], to: 'processing', because: 'lost task id recovered' },
  submitLater: { from: ['submitting'], to: 'queued', because: 'throttled, halted or to be retried' },
  hold: { from: ['submitting', 'processing'], to: 'held', because: 'answer lost, policy hold' },
  followOther: { from: ['processing'], to: 'processing', because: 'task failed, another one is known' },
  resubmit: { from: ['processing'], to: 'queued', because: 'task failed, retry allowed' },
  beginDownload: { from: ['processing'], to: 'downloading', because: 'result available' },
  save: { from: ['downloading'], to: 'saved', because: 'verified and stored' },
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
    because: 'retried, task already paid',
  },
  downloadAgain: {
    from: ['failed', 'cancelled'],
    to: 'downloading',
    because: 'retried, result already available',
  },
  fetchAgain: { from: ['saved'], to: 'downloading', because: 'file missing, fetched again for free' },
  staySaved: { from: ['downloading'], to: 'saved', because: 'file could not be fetched again' },
  cancelOnReturn: {
    from: ['submitting'],
    to: 'cancelled',
    because: 'its batch was cancelled meanwhile',
  },
} as const satisfies Record<string, Transition>;
export type TransitionName = keyof typeof transitions;

export function isEnded(state: ItemState): boolean {
  return stateFacts[state].isEnd;
}

/** The same facts as Lua tables, for the start of every ledger script. */
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
