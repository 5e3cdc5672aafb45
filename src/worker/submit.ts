/**
 * The submit stage: one waiting link becomes one task at the vendor. Run by the worker for each job of the queue
 * `submit`. Invariant: `submitting` is recorded with the worker's id before the create call is sent, and the answer
 * counts as lost only when that worker is dead. A create call is never aborted (the vendor client's timeout ends it),
 * and none begins while an answer is not recorded in Redis.
 */
import { randomUUID } from 'node:crypto';
import { callbackUrlOf, createCallbackTokens } from '../shared/callbacks/callback-tokens.ts';
import type { Halt } from '../shared/gate-state/halts.ts';
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { CostEstimate, Item } from '../shared/ledger/item.ts';
import type { Moved } from '../shared/ledger/move-item.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import type { CreateReply } from '../shared/vendor/replies.ts';
import { applyStep } from './apply-step.ts';
import { noteAccepted, noteFailure } from './brake/model-brake.ts';
import { callbackPatienceMs } from './callback-patience.ts';
import type { CreateCall } from './create-calls.ts';
import { admitSoon } from './gate/admit-soon.ts';
import type { Settled, Verdict } from './gate/gate.ts';
import { settleTrial, takeTrial } from './halt-trial.ts';
import { itemLog } from './item-log.ts';
import { afterRefusal, notNow, waitForGate, withoutVideo } from './not-submitted.ts';
import type { JobOutcome } from './queue-signals.ts';
import { afterLostAnswer, afterSubmit, type SubmitRules } from './submit-decision.ts';
import { expectedPrice } from './task-price.ts';
import { createReadyVideos, type ReadyVideo } from './upload/ready-video.ts';
import type { WorkerContext } from './worker-context.ts';

const done: JobOutcome = { kind: 'done' };
const neverAborted = new AbortController().signal;

export interface SubmitStage {
  run(id: string, data: JobData, signal: AbortSignal): Promise<JobOutcome>;
}

export interface SubmitStageDeps {
  /** Called when a place at the gate has become free. */
  readonly admitted: () => void;
  /** Whether another worker has ended, and its create calls with it. */
  readonly isGone: (workerId: string) => Promise<boolean>;
  /** Whether another worker submits links of one of these batches. */
  readonly isWanted: (batches: readonly string[]) => Promise<boolean>;
  /** Allows create calls after a restart of Redis, once every worker has recorded again what Redis may have lost. */
  readonly settleRun: () => Promise<boolean>;
}

/** A create call that was answered. */
interface SentCall {
  /** In `submitting`. */
  readonly item: Item;
  readonly model: ModelDefinition;
  readonly rules: SubmitRules;
  readonly video: Extract<ReadyVideo, { kind: 'ready' }>;
  readonly data: JobData;
  readonly call: CreateCall;
  /** The halt whose trial this call was. */
  readonly trial: Halt | null;
  readonly settle: (verdict: Verdict) => Promise<Settled>;
}

export function createSubmitStage(
  context: WorkerContext,
  { admitted, isGone, isWanted, settleRun }: SubmitStageDeps,
): SubmitStage {
  const { ledger, models, random, held, calls, workerId } = context;
  const tokens = createCallbackTokens(context);
  const videos = createReadyVideos(context);
  return {
    async run(id, data, signal) {
      const mayBegin = await held.emptied(AbortSignal.any([signal, calls.stopping]));
      if (!mayBegin || calls.stopping.aborted || calls.has(id)) return notNow(data);
      const item = await ledger.item(id);
      if (item === null) return done;
      const lostTask = taskLostByRedis(item);
      if (lostTask !== null) {
        itemLog(item, context).warn({ taskId: lostTask }, 'Redis has lost a task id; recording it again');
        return applyStep({ kind: 'record-task', taskId: lostTask }, item, data, context);
      }
      if (item.state === 'submitting') return findLost(item, data);
      if (item.state === 'processing') {
        await context.queues.add('status-check', id);
        return done;
      }
      if (item.state !== 'queued') return done;
      if (await isForOthers(item)) {
        await ledger.returnToBacklog(id);
        return done;
      }
      return submit(item, models.get(item.model), data, signal);
    },
  };

  /**
   * All workers share the queue: a job of another batch may be left from a worker that has ended. If another worker
   * processes that batch, it submits the link.
   */
  async function isForOthers({ batch, otherBatches }: Item): Promise<boolean> {
    const { onlyBatch } = context;
    const batches = [batch, ...otherBatches];
    return onlyBatch !== null && !batches.includes(onlyBatch) && !(await isWanted(batches));
  }

  /** The id of a task that Redis had recorded and lost. */
  function taskLostByRedis({ id, state, taskIds }: Item): string | null {
    const taskId = context.recent.taskOf(id);
    const isWaiting = state === 'queued' || state === 'submitting';
    return isWaiting && taskId !== null && !taskIds.includes(taskId) ? taskId : null;
  }

  /** The call of a dead worker; or the answer was lost earlier, and its callback is awaited. */
  async function findLost(item: Item, data: JobData): Promise<JobOutcome> {
    const { submitter } = item;
    if (submitter === workerId && !calls.wasSent(item.id)) {
      // Redis failed between the intent and the call, which never left.
      return applyStep({ kind: 'submit-later', delayMs: 1, cost: 'nothing' }, item, data, context);
    }
    if (submitter !== null && !(await hasEnded(submitter, item.id))) return notNow(data);
    const message = item.message ?? 'a worker died while it waited for the vendor';
    const step = afterLostAnswer(item, message, await rulesFor(item), random());
    return applyStep(step, item, data, context);
  }

  /** Whether no process has the answer to the call of this worker. A call of our own has ended here. */
  async function hasEnded(submitter: string, itemId: string): Promise<boolean> {
    if (submitter !== workerId) return isGone(submitter);
    return held.tasks().every((task) => task.itemId !== itemId);
  }

  async function submit(
    item: Item,
    model: ModelDefinition,
    data: JobData,
    signal: AbortSignal,
  ): Promise<JobOutcome> {
    const { submitGate } = context;
    using call = calls.begin(item.id);
    if (call === null) return notNow(data);
    const callback = await callbackOf(item);
    // A create call is waited for when the worker stops; an upload is given up, as nothing is paid yet.
    const video = await videos.of(item, model, data, AbortSignal.any([signal, calls.stopping]));
    if (video.kind !== 'ready') return withoutVideo(video, item, data, context);
    const price = await expectedPrice(item, model, context, signal);
    const admission = await admitSoon(submitGate, `${item.id}.${randomUUID()}`, model.id, calls.stopping);
    const trial =
      !admission.go && admission.why === 'halted' ? await takeTrial(model.id, item.id, context) : null;
    if (!admission.go && trial === null) return waitForGate(item, admission, context);
    const settle = async (verdict: Verdict): Promise<Settled> =>
      admission.go ? submitGate.settle(admission.slot, verdict) : { troubled: false };
    const begun = await recordIntent(item, price);
    if (!begun.moved) {
      context.recent.unpaid(item.id);
      await settle({ kind: 'unused' });
      return begun.refusal === undefined ? done : afterRefusal(item, begun.refusal, data, context, settleRun);
    }
    const submitting: Item = { ...item, state: 'submitting', submittedAt: context.clock.now() };
    const rules = { ...(await rulesFor(submitting)), isUploadOld: video.isReused };
    await context.recent.leaves(item.id);
    if (!call.sending()) return notNow(data);
    const reply = await context.vendor.create(
      { model, url: video.url, inputs: item.inputs, ...callback },
      neverAborted,
    );
    call.answered();
    return await takeReply(
      reply,
      { item: submitting, model, rules, video, data, call, trial, settle },
      signal,
    );
  }

  async function callbackOf({ id, attempts }: Item): Promise<{ callbackUrl?: string }> {
    const { callbackUrl } = context;
    if (callbackUrl === null) return {};
    return { callbackUrl: await callbackUrlOf(callbackUrl, { id, attempt: attempts + 1 }, tokens) };
  }

  async function recordIntent(item: Item, price: CostEstimate | 'unknown'): Promise<Moved> {
    // Noted before Redis knows, as Redis may lose the move before the call leaves.
    context.recent.note(item, price);
    const begun = await ledger.move(
      'beginSubmit',
      item.id,
      { reserveCredits: price, stamp: ['submittedAt'], message: null, submitter: workerId },
      { expect: { attempts: item.attempts } },
    );
    admitted();
    return begun;
  }

  async function takeReply(reply: CreateReply, sent: SentCall, signal: AbortSignal): Promise<JobOutcome> {
    const { item, rules, video, data, call } = sent;
    const decide = (trouble: Pick<SubmitRules, 'vendorDown' | 'refusesAll'>) =>
      applyStep(afterSubmit(item, reply, { ...rules, ...trouble }, random()), item, data, context);
    const settled = held.keep(() => sent.settle(verdictOf(reply)));
    // A task id is recorded before anything else; any other answer may have to be judged together with those of other
    // links.
    const isAccepted = reply.kind === 'accepted';
    const isUploadDead = reply.kind === 'reject' && video.isReused;
    const [outcome] = isAccepted
      ? await Promise.all([decide({}), settled, noteSuccess(sent.model.id)])
      : isUploadDead
        ? [await decide({})]
        : [await decide(await held.keep(async () => troubleOf(item, reply, await settled, signal)))];
    // What may be paid never counts as unsent, whatever Redis loses.
    if (reply.kind !== 'ambiguous') call.applied();
    if (!isAccepted && reply.kind !== 'ambiguous') context.recent.unpaid(item.id);
    if (sent.trial !== null) await settleTrial(sent.trial, reply, context);
    if (isUploadDead && outcome.kind === 'delay')
      return { ...outcome, data: { ...data, deadUpload: video.url } };
    return outcome;
  }

  /** The task id counts for more than the brake. */
  async function noteSuccess(model: string): Promise<void> {
    await held
      .keep(() => noteAccepted(model, context))
      .catch((error: unknown) =>
        context.logger.warn({ err: error, model }, 'Could not note an accepted call'),
      );
  }

  /** What the answer says about the vendor rather than this link. */
  async function troubleOf(
    item: Item,
    reply: CreateReply,
    settled: Settled,
    signal: AbortSignal,
  ): Promise<Pick<SubmitRules, 'vendorDown' | 'refusesAll'>> {
    if (settled.troubled && (await isVendorDown(models.get(item.model), signal))) return { vendorDown: true };
    const isRefusal = reply.kind === 'reject' || (reply.kind === 'retry' && reply.sent);
    if (!isRefusal) return {};
    const failure = { model: item.model, id: item.id, message: reply.message, isFinal: false };
    return { refusesAll: await noteFailure('create', failure, context) };
  }

  /** A free call after many unusable answers in a row: is the vendor at fault, or these links? */
  async function isVendorDown(model: ModelDefinition, signal: AbortSignal): Promise<boolean> {
    return (await context.vendor.probe(model, signal)).kind === 'retry';
  }

  async function rulesFor(item: Item): Promise<SubmitRules> {
    const { submitRules, callbackUrl, histories, clock } = context;
    if (callbackUrl === null || item.submittedAt === null) return submitRules;
    const model = models.get(item.model);
    const untilAt = item.submittedAt + callbackPatienceMs(await histories.of(model), model);
    return { ...submitRules, callbackLeftMs: untilAt - clock.now() };
  }
}

/** What the vendor's limit has made of the call. */
function verdictOf(reply: CreateReply): Verdict {
  switch (reply.kind) {
    case 'throttled':
      return { kind: 'refused', message: reply.message, ...reply.hints };
    case 'accepted':
      return { kind: 'counted', ...reply.hints };
    case 'ambiguous':
      return { kind: 'ambiguous' };
    case 'retry':
      return { kind: reply.sent ? 'unusable' : 'unsent' };
    default:
      return { kind: 'counted' };
  }
}
