/**
 * What becomes of a link that is not submitted now: its video is not ready, the gate is closed, or the ledger refuses.
 * Called by the submit stage. Nothing has been paid.
 */
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Refusal } from '../shared/ledger/move-item.ts';
import { submitPolicy } from '../shared/policy.ts';
import { applyStep } from './apply-step.ts';
import type { Admission } from './gate/gate.ts';
import type { JobOutcome } from './queue-signals.ts';
import { afterBudget } from './submit-decision.ts';
import type { ReadyVideo } from './upload/ready-video.ts';
import type { WorkerContext } from './worker-context.ts';

const done: JobOutcome = { kind: 'done' };
type Refused = Extract<Admission, { go: false }>;

export function notNow(data: JobData): JobOutcome {
  return { kind: 'delay', delayMs: submitPolicy.underWayMs, data };
}

/** Nothing was paid: the link ends with its reason, or is tried later. */
export async function withoutVideo(
  video: Exclude<ReadyVideo, { kind: 'ready' }>,
  item: Item,
  data: JobData,
  context: WorkerContext,
): Promise<JobOutcome> {
  switch (video.kind) {
    case 'unreadable':
    case 'refused': {
      const reason = video.kind === 'refused' ? 'rejected' : 'input-unreadable';
      return applyStep({ kind: 'fail', reason, message: video.message }, item, data, context);
    }
    case 'halted':
      return applyStep(
        { kind: 'halt', ...video.halt, delayMs: submitPolicy.longestWaitMs },
        item,
        data,
        context,
      );
    case 'wait': {
      const { message, delayMs, data: kept = data } = video;
      if (message === undefined) return { kind: 'delay', delayMs, data };
      context.logger.info({ item: item.id, message }, 'A video could not be uploaded yet');
      // Others may use the slot until then.
      await context.ledger.leaveGate(item.id);
      return { kind: 'delay', delayMs, data: kept };
    }
    default:
      return video satisfies never;
  }
}

/** A halt may last for hours: the place at the gate is for links that can get through. */
export async function waitForGate(
  { id }: Item,
  { why, waitMs }: Refused,
  { ledger }: WorkerContext,
): Promise<JobOutcome> {
  if (why === 'halted') await ledger.leaveGate(id);
  return {
    kind: 'delay',
    delayMs: Math.min(waitMs, why === 'limit' ? submitPolicy.longestLimitMs : submitPolicy.longestWaitMs),
  };
}

/** Paused, or no credits left: permanently, or until an open task of the batch returns some. */
export async function afterRefusal(
  item: Item,
  refusal: Refusal,
  data: JobData,
  context: WorkerContext,
  settleRun: () => Promise<boolean>,
): Promise<JobOutcome> {
  // What is paused waits in its batch's backlog again.
  if (refusal === 'paused' || refusal === 'known-task') return done;
  if (refusal === 'redis-restarted') {
    const mayBegin = await settleRun();
    return { kind: 'delay', delayMs: mayBegin ? 1 : submitPolicy.underWayMs, data };
  }
  const { ledger } = context;
  await ledger.leaveGate(item.id);
  if (refusal === 'budget-wait') return { kind: 'delay', delayMs: submitPolicy.longestWaitMs };
  const batch = await ledger.batch(item.batch);
  return applyStep(afterBudget(item.batch, batch?.budget ?? 0), item, data, context);
}
