/**
 * The submit stage: one waiting link becomes one task at the vendor. Run by the worker for each job of the
 * queue `submit`. Invariant: the intent is recorded (`submitting`) before the create call leaves, and a job
 * that finds it recorded by a run that is gone takes the answer for lost, never for "not sent".
 */
import { randomUUID } from 'node:crypto';
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import type { CreateReply } from '../shared/vendor/replies.ts';
import { applyStep } from './apply-step.ts';
import type { Verdict } from './gate/gate.ts';
import type { JobFate } from './queue-signals.ts';
import { afterLostAnswer, afterSubmit } from './submit-decision.ts';
import type { WorkerContext } from './worker-context.ts';

const done: JobFate = { fate: 'done' };
/** However long the gate says to wait, ask again this soon: what it waits for may end early. */
const longestWaitMs = 1500;

export interface SubmitStage {
  run(id: string, data: JobData, signal: AbortSignal): Promise<JobFate>;
}

/** @param admitted called when a place at the gate has become free */
export function createSubmitStage(context: WorkerContext, admitted: () => void): SubmitStage {
  const { ledger, models, submitRules, random } = context;
  return {
    async run(id, data, signal) {
      const item = await ledger.item(id);
      if (item === null) return done;
      if (item.state === 'submitting') {
        const step = afterLostAnswer(
          item,
          'a worker ended while it waited for the vendor',
          submitRules,
          random(),
        );
        return applyStep(step, item, data, context);
      }
      if (item.state === 'processing') {
        await context.queues.add('status-check', id);
        return done;
      }
      if (item.state !== 'queued') return done;
      return submit(item, models.get(item.model), data, signal);
    },
  };

  async function submit(
    item: Item,
    model: ModelDefinition,
    data: JobData,
    signal: AbortSignal,
  ): Promise<JobFate> {
    const admission = await context.submitGate.admit(`${item.id}.${randomUUID()}`, model.id);
    if (!admission.go) {
      const delayMs =
        admission.why === 'limit' ? admission.waitMs : Math.min(admission.waitMs, longestWaitMs);
      return { fate: 'delay', delayMs };
    }
    const begun = await ledger.move('beginSubmit', item.id, {}, { expect: { attempts: item.attempts } });
    admitted();
    if (!begun.moved) {
      await context.submitGate.settle(admission.slot, { kind: 'unsent' });
      return done;
    }
    const submitting: Item = { ...item, state: 'submitting' };
    const callback = context.callbackUrl === null ? {} : { callbackUrl: context.callbackUrl };
    const reply = await context.vendor.createTask({ model, url: item.url, ...callback }, signal);
    const applied = applyStep(
      afterSubmit(submitting, reply, submitRules, random()),
      submitting,
      data,
      context,
    );
    const [fate] = await Promise.all([applied, context.submitGate.settle(admission.slot, verdictOf(reply))]);
    return fate;
  }
}

/** What the vendor's limit has made of the call. */
function verdictOf(reply: CreateReply): Verdict {
  switch (reply.outcome) {
    case 'throttled':
      return {
        kind: 'refused',
        ...(reply.retryAfterMs === undefined ? {} : { retryAfterMs: reply.retryAfterMs }),
      };
    case 'ambiguous':
      return { kind: 'ambiguous' };
    case 'retry':
      return { kind: reply.sent ? 'counted' : 'unsent' };
    default:
      return { kind: 'counted' };
  }
}
