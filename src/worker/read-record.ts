/**
 * Calls that ask the vendor about a task: its record, and a link to its result. Each passes the gate of queries,
 * with its limit and the halts that stop queries as well. Called by the status check and by downloads.
 */
import type { Item } from '../shared/ledger/item.ts';
import type { LinkReply, RecordReply } from '../shared/vendor/replies.ts';
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
  context: WorkerContext,
  signal: AbortSignal,
): Promise<RecordReply | NotNow> {
  const { vendor, models } = context;
  return query(item, context, () => vendor.getRecord(models.get(item.model), taskId, signal));
}

/** A link to the file behind a result URL that is dead. */
export async function mintLink(
  item: Item,
  resultUrl: string,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<LinkReply | NotNow> {
  return query(item, context, () => context.vendor.mintLink(resultUrl, signal));
}

async function query<Reply extends RecordReply | LinkReply>(
  item: Item,
  { queryGate, random, logger }: WorkerContext,
  ask: () => Promise<Reply>,
): Promise<Reply | NotNow> {
  const admission = await queryGate.admit(`${item.id}.${random()}`, item.model);
  if (!admission.go) return { outcome: 'not-now', delayMs: Math.min(admission.waitMs, longestWaitMs) };
  const reply = await ask();
  // The reply counts for more than the slot, which becomes free with its lease.
  await queryGate
    .settle(admission.slot, verdictOf(reply))
    .catch((error: unknown) => logger.debug({ err: error }, 'A query was not settled with the gate'));
  return reply;
}

/** What the vendor's limit has made of the query. */
function verdictOf(reply: RecordReply | LinkReply): Verdict {
  return reply.outcome === 'throttled'
    ? { kind: 'refused', message: reply.message, ...reply.hints }
    : { kind: 'counted' };
}
