/**
 * The states of an item and every way from one to another. This table is the only place that says which
 * transitions exist: the ledger asks it before it asks Redis, and a test keeps the diagram in
 * docs/states.md equal to it. Words and reasons are the product's contract: scripts rely on them.
 */

export const itemStates = [
  'queued',
  'submitting',
  'processing',
  'downloading',
  'saved',
  'failed',
  'cancelled',
  'held',
] as const;
export type ItemState = (typeof itemStates)[number];

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

/** States that nothing but a person's command leaves. */
export const endStates = ['saved', 'failed', 'cancelled'] as const satisfies readonly ItemState[];

/** States in which work is under way or waits to be done; a batch has ended when none of its items is in one. */
export const activeStates = [
  'queued',
  'submitting',
  'processing',
  'downloading',
] as const satisfies readonly ItemState[];

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
  recordOrphan: { from: ['queued', 'held'], to: 'processing', because: 'lost task id came home' },
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
  return (endStates as readonly ItemState[]).includes(state);
}

/** The state diagram of docs/states.md, in Mermaid. */
export function stateDiagram(): string {
  const arrows = Object.values(transitions).flatMap(({ from, to, because }) =>
    from.map((state) => `  ${state} --> ${to}: ${because}`),
  );
  const ends = endStates.map((state) => `  ${state} --> [*]`);
  return ['stateDiagram-v2', '  [*] --> queued: link accepted', ...arrows, ...ends].join('\n');
}
