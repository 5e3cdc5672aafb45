/**
 * Fetches all results of one task, each by the ways that way-decision.ts names. Called by the download stage.
 * Asking the vendor passes the query gate. The ways that were found are returned with the step, so that the next
 * run of the job does not ask for them again.
 */
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { ResultWay } from '../shared/jobs/result-way.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Disclosure } from '../shared/media/disclosure.ts';
import {
  afterAllStored,
  afterFetch,
  afterMint,
  afterRefresh,
  type DownloadRules,
} from './download-decision.ts';
import { itemLog } from './item-log.ts';
import { mintLink, type NotNow, readRecord } from './read-record.ts';
import type { Step, StoredResult } from './step.ts';
import { resultsToFetch } from './task-results.ts';
import type { FetchReply, StoredReply } from './transfer/fetch-reply.ts';
import { sidecarOf } from './transfer/sidecar.ts';
import { afterMintFailed, describeKept, nextWay } from './way-decision.ts';
import type { WorkerContext } from './worker-context.ts';

export interface Collected {
  readonly step: Step | NotNow;
  readonly ways?: ResultWay[];
}

type Unstored = Exclude<FetchReply, { outcome: 'stored' }>;
/** Where a way leads to: a stored result, or a step because no way is left now. */
type Fetched = { readonly way: ResultWay } & (
  | { readonly stored: StoredResult }
  | { readonly stored: null; readonly step: Step | NotNow }
);
type Found = ResultWay | null | { readonly step: Step | NotNow };

interface Collection {
  readonly item: Item;
  readonly tries: number;
  readonly rules: DownloadRules;
  readonly disclosure: Disclosure;
  readonly context: WorkerContext;
  readonly signal: AbortSignal;
}

const limits = {
  mostTries: 8,
  mostInvalid: 4,
  mostRounds: 9,
  backoff: { firstMs: 1000, mostMs: 60_000 },
  roundBackoff: { firstMs: 5000, mostMs: 300_000 },
};
/** What is optional is not waited for as long. */
const optionalLimits = { mostTries: 3, mostInvalid: 2, mostRounds: 2 };
const toolName = 'kie-batch';

export async function collectResults(
  item: Item,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<Collected> {
  const { fetcher, clock } = context;
  const kept = describeKept(item.batch, item.completedAt, clock.now());
  const rules = { ...limits, reserveBytes: fetcher.reserveBytes, kept };
  const disclosure = { link: item.url, taskId: item.taskIds.at(-1) ?? '', model: item.model, tool: toolName };
  const collection = { item, tries: data.tries ?? 0, rules, disclosure, context, signal };
  const ways = data.ways ?? (await firstWays(collection, data.urls));
  if ('step' in ways) return ways;
  const stored: StoredResult[] = [];
  for (const { index, isOptional } of resultsToFetch(ways.map(({ recorded }) => recorded))) {
    const way = ways[index];
    if (way === undefined) continue;
    const limited = isOptional ? { ...collection, rules: { ...rules, ...optionalLimits } } : collection;
    const fetched = await fetchByWays(way, index, limited);
    ways[index] = fetched.way;
    if (fetched.stored !== null) stored[index] = fetched.stored;
    else if (isOptional && isFailure(fetched.step))
      itemLog(item, context).warn({ cause: fetched.step.message, index }, 'An optional result was left out');
    else return { step: fetched.step, ways };
  }
  return { step: afterAllStored(stored.filter((result) => result !== undefined)) };
}

function isFailure(step: Step | NotNow): step is Extract<Step, { do: 'fail' }> {
  return 'do' in step && step.do === 'fail';
}

/** A fresh result has its URLs from the status check; a late or repeated download reads the record. */
async function firstWays(
  collection: Collection,
  urls: readonly string[] | undefined,
): Promise<ResultWay[] | { readonly step: Step | NotNow }> {
  const found = urls ?? (await recordedUrls(collection));
  if ('step' in found) return found;
  return found.map((url) => ({
    kind: 'result-url',
    url,
    recorded: url,
    isReadAgain: urls === undefined,
  }));
}

async function fetchByWays(first: ResultWay, index: number, collection: Collection): Promise<Fetched> {
  let way = first;
  for (;;) {
    const reply = await fetchBy(way, index, collection);
    if (reply.outcome === 'stored') {
      const { file, bytes, sha256 } = reply;
      return { way, stored: { file, bytes, sha256, via: way.kind } };
    }
    const found = await findWay(way, index, reply, collection);
    if (found === null) {
      const { tries, rules, context } = collection;
      return { way, stored: null, step: afterFetch(reply, tries, rules, context.random()) };
    }
    if ('step' in found) return { way, stored: null, step: found.step };
    way = found;
  }
}

/** @returns null when no way is left now */
async function findWay(
  way: ResultWay,
  index: number,
  reply: Unstored,
  collection: Collection,
): Promise<Found> {
  const { tries, context } = collection;
  const next = nextWay(way, reply, tries, context.clock.now());
  if (next === null) return null;
  const minted = next === 'mint' ? await mint(way, collection) : null;
  if (minted !== null) return minted;
  return afterMintFailed(way) === null ? null : readAgain(way, index, collection);
}

async function mint(way: ResultWay, collection: Collection): Promise<Found> {
  const { item, tries, rules, context, signal } = collection;
  const reply = await mintLink(item, way.recorded, context, signal);
  if (reply.outcome === 'no-link') return null;
  if (reply.outcome === 'not-now') return { step: reply };
  if (reply.outcome !== 'link') return { step: afterMint(reply, tries, rules, context.random()) };
  return { ...way, kind: 'minted-url', url: reply.url, mintedAt: context.clock.now() };
}

async function readAgain(way: ResultWay, index: number, collection: Collection): Promise<Found> {
  const urls = await recordedUrls(collection);
  if ('step' in urls) return urls;
  const url = urls[index];
  if (url === undefined || url === way.recorded) return null;
  return { kind: 'record-again', url, recorded: url, isReadAgain: true };
}

async function recordedUrls({
  item,
  tries,
  rules,
  disclosure,
  context,
  signal,
}: Collection): Promise<readonly string[] | { readonly step: Step | NotNow }> {
  const record = await readRecord(item, disclosure.taskId, context, signal);
  if (record.outcome === 'succeeded') return record.urls;
  if (record.outcome === 'not-now') return { step: record };
  return { step: afterRefresh(record, tries, rules, context.random()) };
}

function fetchBy(way: ResultWay, index: number, collection: Collection): Promise<FetchReply> {
  const { item, disclosure, context, signal } = collection;
  const sidecar = (stored: StoredReply) => {
    // A file that an earlier run has stored was fetched by a way that nobody remembers.
    const via = stored.isFound ? null : way.kind;
    return sidecarOf(stored, disclosure, { ...item, via, savedAt: context.clock.now() });
  };
  const key = context.fetcher.keyOf(item, index);
  return context.fetcher.fetch({ url: way.url, key, disclosure, sidecarOf: sidecar }, signal);
}
