/**
 * Calls that ask the vendor about a task: its record, and a link to its result. Each passes the gate of queries,
 * with its limit and the halts that stop queries as well. Called by the status check and by downloads.
 */
import type { Item } from '../shared/ledger/item.ts';
import type { LinkReply, RecordReply, UploadReply } from '../shared/vendor/replies.ts';
import type { UploadRequest } from '../shared/vendor/vendor.ts';
import { admitSoon } from './gate/admit-soon.ts';
import type { Verdict } from './gate/gate.ts';
import type { WorkerContext } from './worker-context.ts';

/** No query was sent; retry after `delayMs`. */
export interface NotNow {
  readonly kind: 'not-now';
  readonly delayMs: number;
}

/** Retried at least this often: what the gate waits for may end early. */
const longestWaitMs = 2000;

export async function readRecord(
  item: Item,
  taskId: string,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<RecordReply | NotNow> {
  const { vendor, models } = context;
  return query(item, context, () => vendor.read(models.get(item.model), taskId, signal), signal);
}

export async function mintLink(
  item: Item,
  resultUrl: string,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<LinkReply | NotNow> {
  return query(item, context, () => context.vendor.recover(resultUrl, signal), signal);
}

export async function uploadVideo(
  item: Item,
  request: UploadRequest,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<UploadReply | NotNow> {
  return query(item, context, () => context.vendor.upload(request, signal), signal, true);
}

async function query<Reply extends RecordReply | LinkReply | UploadReply>(
  item: Item,
  { queryGate, random, logger }: WorkerContext,
  ask: () => Promise<Reply>,
  signal: AbortSignal,
  isUpload = false,
): Promise<Reply | NotNow> {
  const admission = await admitSoon(queryGate, `${item.id}.${random()}`, item.model, signal);
  if (!admission.go) return { kind: 'not-now', delayMs: Math.min(admission.waitMs, longestWaitMs) };
  const reply = await ask();
  // The reply counts for more than the slot, which becomes free with its lease: the link does not wait for it.
  void queryGate
    .settle(admission.slot, verdictOf(reply, isUpload))
    .catch((error: unknown) => logger.debug({ err: error }, 'Could not settle a query with the gate'));
  return reply;
}

function verdictOf(reply: RecordReply | LinkReply | UploadReply, isUpload: boolean): Verdict {
  // The upload host has its own limit, which says nothing about queries.
  return reply.kind === 'throttled' && !isUpload
    ? { kind: 'refused', message: reply.message, ...reply.hints }
    : { kind: 'counted' };
}
