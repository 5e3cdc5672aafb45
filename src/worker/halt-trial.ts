/**
 * How a halt ends, and the one link that may try if a probe cannot tell. A key's own cap, and the state of a model
 * without a free probe, only show in real create calls. So the prober offers a trial: the next link takes it, and all
 * others wait for its result. Called by the prober and the submit stage.
 */
import {
  beginHalt,
  claimTrial,
  endHalt,
  type Halt,
  type HaltIdentity,
  listHalts,
  openTrial,
} from '../shared/gate-state/halts.ts';
import type { CreateReply } from '../shared/vendor/replies.ts';
import type { WorkerContext } from './worker-context.ts';

/** @returns the halt whose trial this link is, or null when it has to wait like all others */
export async function takeTrial(
  model: string,
  itemId: string,
  { redis, prefix }: Pick<WorkerContext, 'redis' | 'prefix'>,
): Promise<Halt | null> {
  const halt = openTrial('submit', await listHalts({ redis, prefix }), model);
  if (halt === null) return null;
  return (await claimTrial({ redis, prefix }, identityOf(halt), itemId)) ? halt : null;
}

/**
 * An answer that accepts the link, or refuses it for its own sake, ends the halt; any other leaves it standing. Whether
 * a failing model works again only the end of the task shows: see model-brake.ts.
 */
export async function settleTrial(halt: Halt, reply: CreateReply, context: WorkerContext): Promise<void> {
  if (reply.kind === 'halt' && reply.reason === halt.reason) return foundStanding(halt, reply, context);
  if (reply.kind !== 'accepted' && reply.kind !== 'reject' && reply.kind !== 'throttled') return;
  if (halt.reason !== 'model-failing') await announceEnd(halt, context);
  // The trial bypassed the gate, but the vendor's window has counted it.
  const admission = await context.submitGate.admit(`trial.${halt.reason}.${context.clock.now()}`);
  if (admission.go) await context.submitGate.settle(admission.slot, { kind: 'counted' });
}

async function foundStanding(
  halt: Halt,
  { message }: Extract<CreateReply, { kind: 'halt' }>,
  { redis, prefix, clock }: WorkerContext,
): Promise<void> {
  const { nextProbeAt, triedCredits } = halt;
  const needs = triedCredits === undefined ? {} : { credits: triedCredits };
  const found = { message, nextProbeAt, probedAt: clock.now(), ...needs };
  await beginHalt({ redis, prefix }, { ...identityOf(halt), ...found });
}

export async function announceEnd(
  halt: Halt,
  { redis, prefix, clock, logger }: Pick<WorkerContext, 'redis' | 'prefix' | 'clock' | 'logger'>,
): Promise<void> {
  if (!(await endHalt({ redis, prefix }, identityOf(halt)))) return;
  const seconds = Math.round((clock.now() - halt.since) / 1000);
  logger.info({ halt: halt.reason, model: halt.model, seconds }, 'A halt is over; resuming');
}

export function identityOf({ reason, model }: Pick<Halt, 'reason' | 'model'>): HaltIdentity {
  return model === null ? { reason } : { reason, model };
}

export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
