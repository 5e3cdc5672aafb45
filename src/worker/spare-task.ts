/**
 * What happens when the task that is followed gives no result. Pure. Invariant: a link does not fail, is not held and is
 * not paid for again while another of its tasks may have a result, such as one whose answer arrived after it was lost.
 */
import type { Item } from '../shared/ledger/item.ts';
import type { Step } from './step.ts';

export function followSpareTask(step: Step, item: Item): Step {
  const taskId = item.spareTasks.at(-1);
  // What was saved before stays saved; before a task is followed there is nothing to replace.
  if (taskId === undefined || item.savedAt !== null) return step;
  if (item.state !== 'processing' && item.state !== 'downloading') return step;
  const { message = '' } = step as { readonly message?: string };
  switch (step.kind) {
    case 'resubmit':
      return { kind: 'follow-other', taskId, message, unpaid: true, ...creditsOf(step) };
    case 'fail':
      return {
        kind: 'follow-other',
        taskId,
        message,
        ...(step.unpaid ? { unpaid: true } : {}),
        ...creditsOf(step),
      };
    case 'hold':
    case 'resubmit-unsure':
      return { kind: 'follow-other', taskId, message };
    default:
      return step;
  }
}

function creditsOf({ credits }: { readonly credits?: number }): { readonly credits?: number } {
  return credits === undefined ? {} : { credits };
}
