/**
 * What the item's history and the metrics record of a step. Pure; called where steps are applied. A step repeated after
 * a crash is recorded again, so a metric can be one too high, unlike the ledger's own counts.
 */
import type { Note } from '../shared/item-history/item-history.ts';
import { type WayKind, wayKinds } from '../shared/jobs/result-way.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Step, StoredResult } from './step.ts';

/** @param item as it was before the step; @returns null if there is nothing to record */
export function recordOf(step: Step, item: Item, now: number): Note | null {
  switch (step.kind) {
    case 'record-task':
      return {
        event: { kind: 'task-created', message: step.taskId },
        measured: { counted: { 'tasks:created': 1 }, durations: { waiting: now - item.enqueuedAt } },
      };
    case 'submit-later':
      return { event: { kind: 'tries-again', message: step.message ?? 'the vendor’s limit was reached' } };
    case 'await-callback':
      return { event: { kind: 'answer-lost', message: `${step.message}; waiting for its callback` } };
    case 'resubmit-unsure':
      return { event: { kind: 'answer-lost', message: step.message }, measured: { counted: { unsure: 1 } } };
    case 'resubmit':
      return {
        event: { kind: 'task-failed', message: step.message },
        measured: { counted: { 'tasks:failed': 1, credits: step.credits ?? 0 } },
      };
    case 'follow-other':
      return {
        event: { kind: 'task-failed', message: `${step.message}; its other task ${step.taskId} is polled` },
        measured: { counted: { 'tasks:failed': 1, credits: step.credits ?? 0 } },
      };
    case 'halt':
      return { event: { kind: 'halted', message: `${step.reason}: ${step.message}` } };
    case 'hold':
      return { event: { kind: 'held', message: step.message }, measured: { counted: { 'ended:held': 1 } } };
    case 'fail':
      return {
        event: { kind: 'failed', message: `${step.reason}: ${step.message}` },
        measured: {
          counted: { 'ended:failed': 1, [`failed:${step.reason}`]: 1, credits: step.credits ?? 0 },
        },
      };
    case 'stay-saved':
      return { event: { kind: 'not-fetched', message: step.message }, isSaved: true };
    case 'poll-again':
      return { event: { kind: 'looked', message: '' }, measured: { counted: { looks: 1 } } };
    case 'count-credits':
      return {
        event: {
          kind: 'result-exists',
          message: `${step.credits} credits for its other task ${step.taskId}`,
        },
        measured: { counted: { credits: step.credits } },
      };
    case 'download':
      return {
        event: { kind: 'result-exists', message: `${step.credits} credits` },
        measured: {
          counted: { credits: step.credits },
          durations: item.submittedAt === null ? {} : { task: now - item.submittedAt },
        },
      };
    case 'save': {
      const bytes = step.results.reduce((sum, result) => sum + result.bytes, 0);
      const isFetchedAgain = item.savedAt !== null;
      return {
        event: { kind: 'saved', message: describeSaved(step.results) },
        isSaved: true,
        measured: {
          counted: isFetchedAgain ? { bytes } : { 'ended:saved': 1, bytes },
          durations: item.completedAt === null || isFetchedAgain ? {} : { download: now - item.completedAt },
        },
      };
    }
    case 'download-again':
      return {
        event: { kind: 'download-again', message: step.message },
        measured: { counted: { 'downloads:again': 1 } },
      };
    case 'adopt-task':
      return { event: { kind: 'task-attached', message: step.taskId } };
    case 'refuse-task':
      return { event: { kind: 'task-refused', message: `${step.taskId}: ${step.message}` } };
    case 'poll-secondary-again':
    case 'nothing':
      return null;
    default:
      return step satisfies never;
  }
}

function describeSaved(results: readonly [StoredResult, ...StoredResult[]]): string {
  const ways = new Set(results.map(({ via }) => via));
  const unusual = wayKinds.filter((kind) => kind !== 'result-url' && ways.has(kind));
  return [results[0].file, ...unusual.map((kind) => wayTexts[kind])].join('; ');
}

const wayTexts: Readonly<Record<WayKind, string>> = {
  'result-url': 'downloaded from its result URL',
  'minted-url': 'its result URL had expired: downloaded from a new link of the vendor',
  'record-again': 'its result URL had expired: downloaded from the URL of the updated record',
};
