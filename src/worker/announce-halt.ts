/**
 * Begins a halt for all workers and logs it once, with what a person can do. Called where steps are applied, and by the
 * prober when a probe is refused for another reason.
 */
import type { HaltReason } from '../shared/gate-state/halt-reasons.ts';
import { beginHalt } from '../shared/gate-state/halts.ts';
import { usualPrice } from '../shared/models/price.ts';
import { haltPolicy } from '../shared/policy.ts';
import { adviceFor } from '../shared/vendor/halt-advice.ts';
import type { WorkerContext } from './worker-context.ts';

export interface HaltNews {
  readonly reason: HaltReason;
  /** Why, in the vendor's words. */
  readonly message: string;
  /** For `storage-full`: the space that the result needs in addition to the reserve. */
  readonly roomBytes?: number;
  /** What the probe tries, where it is one result: its key or its URL. */
  readonly target?: string;
}

type Context = Pick<WorkerContext, 'redis' | 'prefix' | 'clock' | 'logger' | 'models'>;

const ofOneModel: ReadonlySet<HaltReason> = new Set(['model-paused', 'model-failing', 'misconfigured']);

/** @param modelId whose call met it; null when it was no call of a model's */
export async function announceHalt(
  { reason, message, roomBytes, target }: HaltNews,
  modelId: string | null,
  { redis, prefix, clock, logger, models }: Context,
): Promise<void> {
  const model = modelId !== null && ofOneModel.has(reason) ? { model: modelId } : {};
  const price = modelId !== null && reason === 'no-credits' ? usualPrice(models.get(modelId)) : null;
  const credits = price === null ? {} : { credits: price };
  const room = roomBytes === undefined ? {} : { roomBytes };
  const nextProbeAt =
    clock.now() + (reason === 'model-failing' ? haltPolicy.firstTrialMs : haltPolicy.firstProbeMs);
  const isNew = await beginHalt(
    { redis, prefix },
    {
      reason,
      ...model,
      ...credits,
      ...room,
      ...(target === undefined ? {} : { target }),
      message,
      nextProbeAt,
    },
  );
  if (!isNew) return;
  const facts = {
    halt: reason,
    ...model,
    message: message,
    advice: adviceFor({ reason, model: model.model ?? null }),
  };
  logger.error({ ...facts, nextProbeAt: new Date(nextProbeAt).toISOString() }, 'Halted');
}
