/**
 * A task and its state at an instant. The outcome is fixed when the task is created, so its state is a pure function of
 * time: waiting, queuing, generating, then success or fail. There are no timers.
 */
import type { MediaKind } from '../shared/media/media-kind.ts';
import type { FaultAt } from './faults.ts';

export type TaskState = 'waiting' | 'queuing' | 'generating' | 'success' | 'fail';

export interface Task {
  readonly id: string;
  readonly model: string;
  readonly link: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly callBackUrl: string | undefined;
  /** Scheme, host and port under which the client reached us: result URLs start with it. */
  readonly origin: string;
  readonly createdAtMs: number;
  readonly endsAtMs: number;
  /** When a failure by timeout turns into success; unset for all other tasks. */
  readonly recoversAtMs: number | undefined;
  readonly fault: FaultAt<'task'> | undefined;
  readonly credits: number;
  /** Charged although it fails. */
  readonly isBilledAnyway: boolean;
  /** One for each result. */
  readonly resultKinds: readonly MediaKind[];
  readonly resultSizeBytes: number;
  queries: number;
}

/** Shares of a task's time after which it stops waiting, and queuing. */
const waitingShare = 0.05;
const queuingShare = 0.2;

export interface Failure {
  readonly failCode: string;
  readonly failMsg: string;
}

const timeout: Failure = { failCode: '524', failMsg: 'generate task timeout' };

const failures: Partial<Record<FaultAt<'task'>, Failure>> = {
  'task-fails-500': { failCode: '500', failMsg: 'internal error, please try again later.' },
  'task-fails-422': { failCode: '422', failMsg: 'The video could not be accessed' },
  'task-refused': { failCode: '500', failMsg: 'The request was rejected: the video may violate copyright.' },
  'task-fails-without-code': { failCode: '', failMsg: 'Internal Error, Please try again later.' },
  'task-times-out': timeout,
  'task-recovers': timeout,
};

/** How the task has failed at this instant; undefined while it runs and after it succeeded. */
export function failureOf(task: Task, nowMs: number): Failure | undefined {
  if (nowMs < task.endsAtMs || !task.fault) return undefined;
  return task.recoversAtMs !== undefined && nowMs >= task.recoversAtMs ? undefined : failures[task.fault];
}

export function stateOf(task: Task, nowMs: number): TaskState {
  if (nowMs >= task.endsAtMs) return failureOf(task, nowMs) ? 'fail' : 'success';
  const share = (nowMs - task.createdAtMs) / (task.endsAtMs - task.createdAtMs);
  if (share < waitingShare) return 'waiting';
  return share < queuingShare ? 'queuing' : 'generating';
}

/** The instants at which the task ends: two for one that recovers, none for one that never ends. */
export function endsOf(task: Task): readonly number[] {
  return [task.endsAtMs, task.recoversAtMs].filter(
    (instant): instant is number => instant !== undefined && Number.isFinite(instant),
  );
}

/** What the task costs at this instant: a failed task costs nothing, unless failures are billed. */
export function costOf(task: Task, nowMs: number): number {
  return failureOf(task, nowMs) && !task.isBilledAnyway ? 0 : task.credits;
}

export function mayFail(task: Task): boolean {
  return task.fault !== undefined && failures[task.fault] !== undefined;
}
