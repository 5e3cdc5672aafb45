/**
 * What happens when the task that is followed has surely no result. Pure. Invariant: a link does not fail as
 * `generation-failed` and is not paid for again while another of its tasks may have a result, such as one whose answer
 * arrived after it was lost. A task that may still have a result (too slow, not fetched, held) is not left for another:
 * if that one failed, the link would be paid for again.
 */
import type { Item } from '../shared/ledger/item.ts';
import type { Step } from './step.ts';

export function followSpareTask(step: Step, item: Item): Step {
  const taskId = item.spareTasks.at(-1);
  // What was saved before stays saved.
  if (taskId === undefined || item.state !== 'processing' || item.savedAt !== null) return step;
  switch (step.kind) {
    case 'resubmit':
      return { kind: 'follow-other', taskId, message: step.message, unpaid: true, ...creditsOf(step) };
    case 'fail':
      if (step.reason !== 'generation-failed') return step;
      return {
        kind: 'follow-other',
        taskId,
        message: step.message,
        ...(step.unpaid ? { unpaid: true } : {}),
        ...creditsOf(step),
      };
    case 'resubmit-unsure':
      return { kind: 'follow-other', taskId, message: step.message };
    default:
      return step;
  }
}

function creditsOf({ credits }: { readonly credits?: number }): { readonly credits?: number } {
  return credits === undefined ? {} : { credits };
}
