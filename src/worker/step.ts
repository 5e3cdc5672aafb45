/** What a stage can do about a reply. A decision is pure and returns one step; only apply-step.ts carries steps out. */
import type { HaltReason } from '../shared/gate-state/halt-reasons.ts';
import type { WayKind } from '../shared/jobs/result-way.ts';
import type { FailureReason } from '../shared/ledger/states.ts';
import type { Unreached } from './result-reach.ts';
import type { SeenTime } from './seen-time.ts';

export interface StoredResult {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly via: WayKind;
}

export type Step =
  /** The vendor accepted the task: record its id before anything else. */
  | { readonly kind: 'record-task'; readonly taskId: string }
  /** Back to the queue; `cost` says whether the link's account of attempts is charged. */
  | {
      readonly kind: 'submit-later';
      readonly delayMs: number;
      readonly cost: 'nothing' | 'attempt';
      readonly message?: string;
    }
  /** The answer was lost, but the task's callback may have its id: stays in `submitting` meanwhile. */
  | { readonly kind: 'await-callback'; readonly delayMs: number; readonly message: string }
  /** As `submit-later`, after an answer that was lost: the link may be paid twice. */
  | {
      readonly kind: 'resubmit-unsure';
      readonly delayMs: number;
      readonly cost: 'nothing' | 'attempt';
      readonly message: string;
    }
  /** The task failed, and another one is created. */
  | {
      readonly kind: 'resubmit';
      /** The model fails all tasks: this one does not count against the link. */
      readonly excused?: true;
      readonly delayMs: number;
      readonly message: string;
      /** What the failed task has cost all the same; unset: nothing, as failed tasks do. */
      readonly credits?: number;
    }
  /** The account or a model is halted; the item waits and is not charged. */
  | {
      readonly kind: 'halt';
      readonly reason: HaltReason;
      readonly message: string;
      readonly delayMs: number;
      /** For `storage-full`: the space that the result needs in addition to the reserve. */
      readonly roomBytes?: number;
      /** What the probe tries, where it is one result: its key or its URL. */
      readonly target?: string;
      /** For `results-unavailable`: what the download keeps of it. */
      readonly unreached?: Unreached;
    }
  /** Waits for a person. */
  | { readonly kind: 'hold'; readonly message: string }
  /** `unpaid` where the vendor has surely charged nothing for the last task. */
  | {
      readonly kind: 'fail';
      readonly reason: FailureReason;
      readonly message: string;
      readonly unpaid?: true;
      /** What the failed task has cost all the same. */
      readonly credits?: number;
    }
  /** Poll again. */
  | {
      readonly kind: 'poll-again';
      readonly delayMs: number;
      /** The state of the polls so far; see seen-time.ts. */
      readonly seen: SeenTime;
      readonly tries?: number;
      /** A callback has said that the task has ended, and its record does not say so yet. */
      readonly calledBack?: boolean;
      /** What the record says that the running task costs. */
      readonly credits?: number;
      /** The record was read, and the task was seen running. */
      readonly isRunning?: true;
    }
  /** The task failed or is lost, and another one of the link is known: that one is followed instead. */
  | {
      readonly kind: 'follow-other';
      readonly taskId: string;
      readonly message: string;
      /** As for `fail`. */
      readonly unpaid?: true;
      readonly credits?: number;
    }
  /** The record of a secondary task shows its cost. `failed`: it has no result. */
  | {
      readonly kind: 'count-credits';
      readonly taskId: string;
      readonly credits: number;
      readonly failed?: true;
    }
  /** … or does not say yet. */
  | { readonly kind: 'poll-secondary-again'; readonly delayMs: number; readonly tries: number }
  /** A task that a callback has named is the item's, by its record. */
  | { readonly kind: 'adopt-task'; readonly taskId: string; readonly attempt: number }
  /** … or is not: nothing changes. */
  | { readonly kind: 'refuse-task'; readonly taskId: string; readonly message: string }
  /** Its file is missing and could not be downloaded again. A saved item stays saved, and is never paid again. */
  | { readonly kind: 'stay-saved'; readonly message: string }
  | { readonly kind: 'download'; readonly urls: readonly string[]; readonly credits: number }
  | { readonly kind: 'save'; readonly results: readonly [StoredResult, ...StoredResult[]] }
  /** Retry the same download job later, with new result URLs if `refresh` is set. */
  | {
      readonly kind: 'download-again';
      readonly delayMs: number;
      readonly tries: number;
      readonly refresh: boolean;
      readonly message: string;
      readonly unreached?: Unreached;
    }
  /** Another run has already done it. */
  | { readonly kind: 'nothing' };
