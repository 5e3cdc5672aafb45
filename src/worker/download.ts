/**
 * The download stage: the results of one paid task, into the storage, with their sidecars. Run by the worker
 * for each job of the queue `download`. Safe to run twice: a result that is stored already is written again
 * to the same place or found there, and the item is saved once.
 */
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Disclosure } from '../shared/media/disclosure.ts';
import type { RecordReply } from '../shared/vendor/replies.ts';
import { applyStep } from './apply-step.ts';
import { afterAllStored, afterFetch, afterRefresh, type DownloadRules } from './download-decision.ts';
import type { JobFate } from './queue-signals.ts';
import { type NotNow, readRecord } from './read-record.ts';
import type { Step, StoredResult } from './step.ts';
import type { StoredReply } from './transfer/fetch-reply.ts';
import { sidecarOf } from './transfer/sidecar.ts';
import type { WorkerContext } from './worker-context.ts';

const limits = { mostTries: 8, mostInvalid: 4, backoff: { firstMs: 1000, mostMs: 60_000 } };
const toolName = 'kie-batch';

export async function runDownload(
  id: string,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<JobFate> {
  const item = await context.ledger.item(id);
  if (item?.state !== 'downloading') return { fate: 'done' };
  const step = await collect(item, data, context, signal);
  if ('outcome' in step) {
    await context.ledger.touch(id, step.delayMs);
    return { fate: 'delay', delayMs: step.delayMs, data };
  }
  return applyStep(step, item, data, context);
}

async function collect(
  item: Item,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<Step | NotNow> {
  const tries = data.tries ?? 0;
  const rules: DownloadRules = { ...limits, reserveBytes: context.fetcher.reserveBytes };
  const urls = data.urls ?? (await freshUrls(item, context, signal));
  if ('outcome' in urls && urls.outcome === 'not-now') return urls;
  if ('outcome' in urls) return afterRefresh(urls, tries, rules, context.random());
  const disclosure = disclosureOf(item);
  const stored: StoredResult[] = [];
  for (const [index, url] of urls.entries()) {
    const key = context.fetcher.keyOf(item, index);
    const request = { url, key, disclosure, sidecarOf: sidecarFor(item, disclosure, context) };
    const reply = await context.fetcher.fetch(request, signal);
    if (reply.outcome !== 'stored') return afterFetch(reply, tries, rules, context.random());
    stored.push({ file: reply.file, bytes: reply.bytes, sha256: reply.sha256 });
  }
  return afterAllStored(stored);
}

/** The vendor's URLs live for hours; a late or repeated download reads the record for new ones. */
async function freshUrls(
  item: Item,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<readonly string[] | Exclude<RecordReply, { outcome: 'succeeded' }> | NotNow> {
  const record = await readRecord(item, item.taskIds.at(-1) ?? '', context, signal);
  return record.outcome === 'succeeded' ? record.urls : record;
}

function sidecarFor(item: Item, disclosure: Disclosure, { clock }: WorkerContext) {
  return (stored: StoredReply) => sidecarOf(stored, disclosure, { ...item, savedAt: clock.now() });
}

function disclosureOf(item: Item): Disclosure {
  return { link: item.url, taskId: item.taskIds.at(-1) ?? '', model: item.model, tool: toolName };
}
