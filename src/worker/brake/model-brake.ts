/**
 * Halts a model (`model-failing`) that refuses every link, or fails every task: after about ten failures of one kind
 * without a success. Then one link at a time is tried. Counted in Redis for all workers. Invariant: a success resets
 * all earlier failures.
 */
import { haltsKey } from '../../shared/gate-state/gate-keys.ts';
import { haltField } from '../../shared/gate-state/halt-reasons.ts';
import { listHalts } from '../../shared/gate-state/halts.ts';
import { brakePolicy } from '../../shared/policy.ts';
import { loadScript } from '../../shared/redis/script.ts';
import { announceEnd } from '../halt-trial.ts';
import type { WorkerContext } from '../worker-context.ts';
import { failureKind } from './failure-kind.ts';

const noteFailureScript = loadScript(new URL('note-failure.lua', import.meta.url));
const noteSuccessScript = loadScript(new URL('note-success.lua', import.meta.url));

/** What is counted: create calls that were refused, or tasks that failed. */
export type Braked = 'create' | 'task';

export interface BrakedFailure {
  readonly model: string;
  readonly id: string;
  readonly message: string;
  /** A final refusal of this video: more of these are needed to blame the model. */
  readonly isFinal: boolean;
}

type Context = Pick<WorkerContext, 'redis' | 'prefix' | 'clock' | 'logger'>;

const failuresKey = (prefix: string, braked: Braked, model: string) => `${prefix}:brake:${braked}:${model}`;

/** Counts a failure. @returns whether the model fails all tasks, so that the link is not the cause */
export async function noteFailure(
  braked: Braked,
  { model, id, message, isFinal }: BrakedFailure,
  { redis, prefix }: Context,
): Promise<boolean> {
  const reply = await noteFailureScript(
    redis,
    [failuresKey(prefix, braked, model)],
    [id, failureKind(message), brakePolicy.forgottenAfterS],
  );
  return Number(reply) >= (isFinal ? brakePolicy.mostFinal : brakePolicy.mostPassing);
}

export async function noteSuccess(model: string, context: Context): Promise<void> {
  const { redis, prefix } = context;
  const standing = await noteSuccessScript(
    redis,
    [failuresKey(prefix, 'create', model), failuresKey(prefix, 'task', model), haltsKey(prefix)],
    [haltField('model-failing', model)],
  );
  if (standing === 1) await endFailing(model, context);
}

/** A create call was accepted: ends the halt where refused calls began it. */
export async function noteAccepted(model: string, context: Context): Promise<void> {
  const { redis, prefix } = context;
  const forgotten = await redis.del(failuresKey(prefix, 'create', model));
  if (forgotten === 1 && !(await redis.exists(failuresKey(prefix, 'task', model)))) {
    await endFailing(model, context);
  }
}

async function endFailing(model: string, context: Context): Promise<void> {
  const halts = await listHalts(context);
  const halt = halts.find((each) => each.reason === 'model-failing' && each.model === model);
  if (halt !== undefined) await announceEnd(halt, context);
}
