/**
 * What follows from the record of a task that a link has beside the one it follows. Pure. Only its cost matters:
 * what was reserved for it stays reserved until the record says, and for good when it never does.
 */
import type { RecordReply } from '../shared/vendor/replies.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Step } from './step.ts';

export interface BesideLook {
  readonly taskId: string;
  /** Looks so far that did not tell. */
  readonly tries: number;
}

const backoff: Backoff = { firstMs: 5000, mostMs: 120_000 };
/** About an hour. */
const mostTries = 35;

export function afterBesideLook(
  { taskId, tries }: BesideLook,
  reply: RecordReply,
  creditsPerTask: number,
  random: number,
): Step {
  switch (reply.outcome) {
    case 'succeeded':
      return { do: 'count-credits', taskId, credits: reply.credits ?? creditsPerTask };
    case 'failed':
      return { do: 'count-credits', taskId, credits: reply.credits ?? 0 };
    case 'pending':
    case 'unknown-task':
    case 'throttled':
    case 'halt':
    case 'retry':
      if (tries + 1 >= mostTries) return { do: 'nothing' };
      return { do: 'look-beside-again', delayMs: backoffMs(backoff, tries + 1, random), tries: tries + 1 };
    default:
      return reply satisfies never;
  }
}
