/**
 * Ends long pauses early: occasionally one worker checks with a free call whether the vendor still refuses calls. The
 * rate then starts low (learning.lua). Every worker runs it with the halt prober; a claim in Redis selects one of them.
 */
import type { GateOperation } from '../shared/gate-state/halt-reasons.ts';
import { claimPauseProbe, endPause } from '../shared/gate-state/vendor-pause.ts';
import type { WorkerContext } from './worker-context.ts';

const operations: readonly GateOperation[] = ['submit', 'query'];
/** No task has it: the vendor answers that it does not know it, unless it refuses the query. */
const noTask = '0'.repeat(32);

export async function probePauses(context: WorkerContext, signal: AbortSignal): Promise<void> {
  const { redis, prefix, logger } = context;
  for (const operation of operations) {
    const claimed = await claimPauseProbe({ redis, prefix }, operation);
    if (claimed === null) continue;
    const { kind } = await askFree(operation, context, signal);
    const facts = { operation, answer: kind };
    // Neither shows that calls are accepted again.
    if (kind === 'throttled' || kind === 'retry') logger.info(facts, 'The vendor asked for a long pause');
    else if (await endPause({ redis, prefix }, operation, claimed))
      logger.info(facts, 'A long pause of the vendor has ended early; starting at a low rate');
  }
}

/** The call that costs nothing and is nearest to those that are refused. */
async function askFree(
  operation: GateOperation,
  { vendor, models }: WorkerContext,
  signal: AbortSignal,
): Promise<{ readonly kind: string }> {
  const known = models.list();
  const model = known.find(({ probe }) => probe !== null) ?? known[0];
  if (model === undefined) return { kind: 'retry' };
  if (operation === 'query') return vendor.read(model, noTask, signal);
  return model.probe === null ? vendor.balance(signal) : vendor.probe(model, signal);
}
