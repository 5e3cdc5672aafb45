/**
 * The expected cost of the waiting links of a batch, and its basis: the real cost of earlier tasks, else the vendor's
 * price list, else the model's definition; and the lengths of the videos if the price is per second. Used by `run` and
 * `enqueue`, by a dry run, and by everything else that enqueues. Reads the headers of a limited number of videos, and
 * uses their mean for the others.
 */
import type { Batch } from '../shared/ledger/batch.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { CostForecast } from '../shared/models/estimate.ts';
import { hasBounds, judgeVideo } from '../shared/models/judge-video.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { needsLength, type PricedInputs, pricedInputs, statedPrice } from '../shared/models/price.ts';
import { estimateTask } from '../shared/prices/estimate-task.ts';
import type { LearnedPrice } from '../shared/prices/learn-price.ts';
import { readLearnedPrice } from '../shared/prices/learned-prices.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import type { VideoLengths } from '../shared/video-length/video-lengths.ts';
import { priceBasis } from '../shared/wording/price-source.ts';

export interface ForeseeDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly lengths: Pick<VideoLengths, 'secondsOf'>;
  readonly signal: AbortSignal;
}

export const mostRead = 300;
/** In a mostly saved batch, this many links are read to find some that wait. */
const mostLooked = 5000;
const atOnce = 20;
const patienceMs = 20_000;

export interface LinkToPrice {
  readonly url: string;
  readonly inputs?: PricedInputs;
}

export interface LinksToPrice {
  /** Some of them. */
  readonly sample: readonly LinkToPrice[];
  readonly count: number;
}

type LinkDeps = Omit<ForeseeDeps, 'ledger'>;

export async function foreseeCost(
  batch: Pick<Batch, 'name' | 'counts'>,
  model: ModelDefinition,
  deps: ForeseeDeps,
): Promise<CostForecast> {
  const waiting = await sampleOf(batch.name, deps.ledger);
  // Workers may already have submitted all of a small batch.
  const sample = waiting.length === 0 ? [{ url: '' }] : waiting;
  return foreseeLinks({ sample, count: batch.counts.queued }, model, deps);
}

/** The same for links that are not enqueued. */
export async function foreseeLinks(
  { sample, count }: LinksToPrice,
  model: ModelDefinition,
  deps: LinkDeps,
): Promise<CostForecast> {
  const learned = await readLearnedPrice(deps, model, model.input.defaults);
  const priced = await lookAt(sample, deps.signal, (link, signal) =>
    priceLink(link, model, { ...deps, signal }),
  );
  const known = priced.filter(({ credits }) => credits !== null);
  if (known.length === 0 || known.length < priced.length / 2) return byEarlierTasks(learned);
  const credits = known.map((each) => each.credits ?? 0);
  const source = known.some(({ isLearned }) => isLearned) ? 'as the last tasks cost' : priceBasis(model);
  const [first = 0] = credits;
  if (statedPrice(model)?.unit === 'task' && credits.every((each) => each === first)) {
    return { kind: 'each', credits: round(first), basis: `${round(first)} a task, ${source}` };
  }
  const total = Math.round((sum(credits) / known.length) * count);
  return {
    kind: 'all',
    credits: total,
    basis: `${[counted(count, 'video'), ...details(known, count)].join(', ')} ${source}`,
  };
}

/** Credits of all of them; null if unknown. */
export function creditsOf(forecast: CostForecast, count: number): number | null {
  if (forecast.kind === 'unknown') return null;
  return forecast.kind === 'each' ? round(forecast.credits * count) : forecast.credits;
}

export interface JudgedLinks {
  readonly lookedAt: number;
  readonly refused: readonly { readonly url: string; readonly reason: string }[];
}

export async function judgeLinks(
  sample: readonly LinkToPrice[],
  model: ModelDefinition,
  { lengths, signal }: { readonly lengths: VideoLengths; readonly signal: AbortSignal },
): Promise<JudgedLinks> {
  if (!hasBounds(model)) return { lookedAt: 0, refused: [] };
  const judged = await lookAt(sample, signal, async ({ url }, until) => ({
    url,
    reason: judgeVideo(await lengths.factsOf(url, until), model),
  }));
  const refused = judged.flatMap(({ url, reason }) => (reason === null ? [] : [{ url, reason }]));
  return { lookedAt: judged.length, refused };
}

interface PricedLink {
  readonly credits: number | null;
  readonly seconds: number | null;
  readonly isLearned: boolean;
}

/** As in "41 minutes, 8 a second". */
function details(known: readonly PricedLink[], videos: number): string[] {
  const seconds = known.flatMap((each) => each.seconds ?? []);
  if (seconds.length < known.length) return [];
  const minutes = Math.max(1, Math.round(((sum(seconds) / seconds.length) * videos) / 60));
  const rates = known.map((each) =>
    round((each.credits ?? 0) / Math.max(1, Math.ceil((each.seconds ?? 0) - 1e-6))),
  );
  const [lowest, highest] = [Math.min(...rates), Math.max(...rates)];
  return [counted(minutes, 'minute'), `${lowest === highest ? lowest : `${lowest} to ${highest}`} a second`];
}

function byEarlierTasks(learned: LearnedPrice | null): CostForecast {
  if (learned === null) return { kind: 'unknown', basis: 'the first task will show it' };
  const { lowest, highest } = learned;
  const range = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`;
  return { kind: 'unknown', basis: `the last tasks of this model cost ${range} credits each` };
}

/** As many of them as there is patience for, several at once. */
async function lookAt<Seen>(
  sample: readonly LinkToPrice[],
  stop: AbortSignal,
  look: (link: LinkToPrice, signal: AbortSignal) => Promise<Seen>,
): Promise<Seen[]> {
  const waiting = sample.slice(0, mostRead);
  const signal = AbortSignal.any([stop, AbortSignal.timeout(patienceMs)]);
  const seen: Seen[] = [];
  const looker = async () => {
    for (let link = waiting.shift(); link !== undefined && !signal.aborted; link = waiting.shift())
      seen.push(await look(link, signal));
  };
  await Promise.all(Array.from({ length: atOnce }, looker));
  return seen;
}

async function sampleOf(batch: string, ledger: Ledger): Promise<Item[]> {
  const waiting: Item[] = [];
  let looked = 0;
  for await (const page of ledger.items(batch)) {
    waiting.push(...page.filter(({ state }) => state === 'queued'));
    looked += page.length;
    if (waiting.length >= mostRead || looked >= mostLooked) break;
  }
  return waiting.slice(0, mostRead);
}

async function priceLink(item: LinkToPrice, model: ModelDefinition, deps: LinkDeps): Promise<PricedLink> {
  const inputs = pricedInputs(item, model);
  const seconds = needsLength(model, inputs) ? await deps.lengths.secondsOf(item.url, deps.signal) : null;
  const estimate = await estimateTask(model, { inputs, seconds }, deps);
  return { credits: estimate?.credits ?? null, seconds, isLearned: estimate?.isLearned ?? false };
}

function counted(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function round(credits: number): number {
  return Math.round(credits * 100) / 100;
}
