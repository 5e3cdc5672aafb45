/**
 * Fetches all results of one task, each by the ways that way-decision.ts names. Called by the download stage.
 * Asking the vendor passes the query gate. The ways that were found are returned with the step, so that the next
 * run of the job does not ask for them again.
 */
import type { Halt } from '../shared/gate-state/halts.ts';
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { ResultWay } from '../shared/jobs/result-way.ts';
import type { Item } from '../shared/ledger/item.ts';
import { publicLink } from '../shared/local-video/local-address.ts';
import type { Disclosure } from '../shared/media/disclosure.ts';
import {
  afterAllStored,
  afterFetch,
  afterMint,
  afterRefresh,
  type DownloadRules,
} from './download-decision.ts';
import { announceEnd } from './halt-trial.ts';
import { itemLog } from './item-log.ts';
import { mintLink, type NotNow, readRecord } from './read-record.ts';
import type { OnProgress } from './report-progress.ts';
import { noteReached, noteUnreached, type Unreached } from './result-reach.ts';
import type { Step, StoredResult } from './step.ts';
import { resultsToFetch } from './task-results.ts';
import type { FetchReply, StoredReply } from './transfer/fetch-reply.ts';
import { sidecarOf } from './transfer/sidecar.ts';
import { afterUnreached, type Reach } from './unreached-decision.ts';
import { afterMintFailed, describeKept, isGone, nextWay } from './way-decision.ts';
import type { WorkerContext } from './worker-context.ts';

export interface Collected {
  readonly step: Step | NotNow;
  readonly ways?: ResultWay[];
}

type Unstored = Exclude<FetchReply, { kind: 'stored' }>;
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
  /** Halts at the start of the job. */
  readonly halts: readonly Halt[];
  readonly unreached: Unreached | undefined;
  readonly isOptional: boolean;
  readonly context: WorkerContext;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

const limits = {
  mostTries: 8,
  mostInvalid: 4,
  mostRounds: 9,
  backoff: { firstMs: 1000, mostMs: 60_000 },
  roundBackoff: { firstMs: 5000, mostMs: 300_000 },
};
/** Optional results are given up sooner. */
const optionalLimits = { mostTries: 3, mostInvalid: 2, mostRounds: 2 };
const toolName = 'kie-batch';

export async function collectResults(
  item: Item,
  data: JobData,
  halts: readonly Halt[],
  context: WorkerContext,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<Collected> {
  const rules = rulesFor(item, context);
  const link = publicLink(item);
  const disclosure = { link, taskId: item.taskIds.at(-1) ?? '', model: item.model, tool: toolName };
  const [tries, { unreached }] = [data.tries ?? 0, data];
  const isOptional = false;
  const run = { context, signal, onProgress };
  const collection = { item, tries, rules, disclosure, halts, unreached, isOptional, ...run };
  const ways = data.ways ?? (await firstWays(collection, data.urls));
  if ('step' in ways) return ways;
  const stored: StoredResult[] = [];
  for (const { index, isOptional } of resultsToFetch(ways.map(({ recorded }) => recorded))) {
    const way = ways[index];
    if (way === undefined) continue;
    const limited = isOptional
      ? { ...collection, isOptional, rules: { ...rules, ...optionalLimits } }
      : collection;
    const fetched = await fetchByWays(way, index, limited);
    ways[index] = fetched.way;
    if (fetched.stored !== null) stored[index] = fetched.stored;
    else if (isOptional && isFailure(fetched.step))
      itemLog(item, context).warn({ cause: fetched.step.message, index }, 'Skipped an optional result');
    else return { step: fetched.step, ways };
  }
  return { step: afterAllStored(stored.filter((result) => result !== undefined)) };
}

function rulesFor(
  { batch, completedAt }: Item,
  { fetcher: { reserveBytes }, clock }: WorkerContext,
): DownloadRules {
  const now = clock.now();
  const kept = describeKept(batch, completedAt, now);
  return { ...limits, reserveBytes, isGone: isGone(completedAt, now), kept };
}

function isFailure(step: Step | NotNow): step is Extract<Step, { kind: 'fail' }> {
  return step.kind === 'fail';
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
    if (reply.kind === 'stored') {
      await noteFetched(collection);
      const { file, bytes, sha256 } = reply;
      return { way, stored: { file, bytes, sha256, via: way.kind } };
    }
    const reach = reply.kind === 'host-unavailable' ? await reachOf(way, collection) : null;
    const outage =
      reply.kind === 'host-unavailable' && reach !== null ? waitFor(reply, reach, collection) : null;
    if (outage !== null) return { way, stored: null, step: outage };
    const found = await findWay(way, index, reply, collection);
    if (found === null) return { way, stored: null, step: tryAgain(reply, reach, collection) };
    if ('step' in found) return { way, stored: null, step: found.step };
    way = found;
  }
}

/** @returns null for an optional result: it is not waited for, and says nothing about the others */
async function reachOf({ url }: ResultWay, collection: Collection): Promise<Reach | null> {
  const { item, halts, unreached, isOptional, context } = collection;
  if (isOptional) return null;
  const evidence = await noteUnreached(item.id, unreached, context);
  const halt = halts.find(({ reason }) => reason === 'results-unavailable');
  return { ...evidence, url, haltedMs: halt === undefined ? null : context.clock.now() - halt.since };
}

function waitFor(
  reply: Extract<Unstored, { kind: 'host-unavailable' }>,
  reach: Reach,
  { tries, rules, context }: Collection,
): Step | null {
  return afterUnreached(reply, reach, tries, rules, context.random());
}

function tryAgain(reply: Unstored, reach: Reach | null, { tries, rules, context }: Collection): Step {
  const step = afterFetch(reply, tries, rules, context.random());
  if (step.kind !== 'download-again' || reach === null) return step;
  return { ...step, unreached: { times: reach.times, reached: reach.reached } };
}

/** A result that was fetched shows that an outage of the hosts is over. */
async function noteFetched({ halts, context }: Collection): Promise<void> {
  await noteReached(context);
  for (const halt of halts) if (halt.reason === 'results-unavailable') await announceEnd(halt, context);
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
  if (reply.kind === 'no-link') return null;
  if (reply.kind === 'not-now') return { step: reply };
  if (reply.kind !== 'link') return { step: afterMint(reply, tries, rules, context.random()) };
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
  if (record.kind === 'succeeded') return record.urls;
  if (record.kind === 'not-now') return { step: record };
  return { step: afterRefresh(record, tries, rules, context.random()) };
}

function fetchBy(way: ResultWay, index: number, collection: Collection): Promise<FetchReply> {
  const { item, disclosure, context, signal, onProgress } = collection;
  const sidecar = (stored: StoredReply) => {
    // It is unknown how an earlier run has downloaded a stored file.
    const via = stored.isFound ? null : way.kind;
    return sidecarOf(stored, disclosure, { ...item, via, savedAt: context.clock.now() });
  };
  const key = context.fetcher.keyOf(item, index);
  return context.fetcher.fetch({ url: way.url, key, disclosure, sidecarOf: sidecar, onProgress }, signal);
}
