/**
 * One query of a task's record, let through by the gate of queries: by its limit and by the halts that stop
 * queries as well. Called by the status check, and by downloads whose result URLs have gone stale.
 */
import type { Item } from '../shared/ledger/item.ts';
import type { RecordReply } from '../shared/vendor/replies.ts';
import type { Verdict } from './gate/gate.ts';
import type { WorkerContext } from './worker-context.ts';

/** Nothing was asked; ask again after `delayMs`. */
export interface NotNow {
  readonly outcome: 'not-now';
  readonly delayMs: number;
}

/** However long the gate says to wait, ask again this soon: what it waits for may end early. */
const longestWaitMs = 2000;

export async function readRecord(
  item: Item,
  taskId: string,
  { queryGate, vendor, models, random, logger }: WorkerContext,
  signal: AbortSignal,
): Promise<RecordReply | NotNow> {
  const admission = await queryGate.admit(`${item.id}.${random()}`, item.model);
  if (!admission.go) return { outcome: 'not-now', delayMs: Math.min(admission.waitMs, longestWaitMs) };
  const reply = await vendor.getRecord(models.get(item.model), taskId, signal);
  // The reply counts for more than the slot, which becomes free with its lease.
  await queryGate
    .settle(admission.slot, verdictOf(reply))
    .catch((error: unknown) => logger.debug({ err: error }, 'A query was not settled with the gate'));
  return reply;
}

/** What the vendor's limit has made of the query. */
function verdictOf(reply: RecordReply): Verdict {
  return reply.outcome === 'throttled'
    ? { kind: 'refused', message: reply.message, ...reply.hints }
    : { kind: 'counted' };
}
