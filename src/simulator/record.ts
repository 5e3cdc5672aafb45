/**
 * The vendor's record of a task at an instant, as recordInfo and callbacks show it. Where the vendor has
 * been seen to write the same thing in two ways (unset as "" or null, `input` inside `param` as an object or
 * as a string), half of the tasks get the one and half the other.
 */
import { drawOf } from './draw.ts';
import { costOf, failureOf, stateOf, type Task } from './task.ts';

export interface VendorRecord {
  readonly taskId: string;
  readonly model: string;
  readonly state: string;
  readonly param: string;
  readonly resultJson: unknown;
  readonly failCode: string | null;
  readonly failMsg: string | null;
  readonly costTime: number | null;
  readonly completeTime: number | null;
  readonly createTime: number;
  readonly updateTime: number;
  readonly creditsConsumed: number;
}

export interface RecordView {
  /** Called only if there are results. */
  readonly issueResultUrls: () => readonly string[];
  readonly emptyResultMs: number;
  readonly costTimeUnit: 'ms' | 's';
  readonly showCredits: 'at-once' | 'at-end';
}

export function recordOf(task: Task, nowMs: number, view: RecordView): VendorRecord {
  const unset = drawOf(0, 'unset', task.id) < 0.5 ? '' : null;
  const state = stateOf(task, nowMs);
  const ended = state === 'success' || state === 'fail';
  const failure = failureOf(task, nowMs) ?? { failCode: unset, failMsg: unset };
  const endedAtMs = state === 'success' ? (task.recoversAtMs ?? task.endsAtMs) : task.endsAtMs;
  const tookMs = endedAtMs - task.createdAtMs;
  return {
    taskId: task.id,
    model: task.model,
    state,
    param: paramOf(task),
    resultJson: state === 'success' ? resultJsonOf(task, nowMs, view) : unset,
    ...failure,
    costTime: ended ? Math.round(view.costTimeUnit === 's' ? tookMs / 1000 : tookMs) : null,
    completeTime: ended ? Math.round(endedAtMs) : null,
    createTime: Math.round(task.createdAtMs),
    updateTime: Math.round(ended ? endedAtMs : nowMs),
    // Charged at submission, and refunded if the task fails.
    creditsConsumed: ended || view.showCredits === 'at-once' ? costOf(task, nowMs) : 0,
  };
}

function paramOf({ id, model, callBackUrl, input }: Task): string {
  const asText = drawOf(0, 'param', id) < 0.5;
  return JSON.stringify({
    model,
    ...(callBackUrl === undefined ? {} : { callBackUrl }),
    input: asText ? JSON.stringify(input) : input,
  });
}

function resultJsonOf(task: Task, nowMs: number, { issueResultUrls, emptyResultMs }: RecordView): unknown {
  const result = { resultUrls: issueResultUrls() };
  const early = nowMs < task.endsAtMs + emptyResultMs;
  if (task.fault === 'task-empty-result' && early) return '';
  if (task.fault === 'task-broken-result' && early) return JSON.stringify(result).slice(0, 15);
  return task.fault === 'task-object-result' ? result : JSON.stringify(result);
}
