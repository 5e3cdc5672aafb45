/**
 * What the waiting links of a batch will cost, before it starts, and what that rests on: what such tasks have really
 * cost, else the vendor's price list, else the model's definition; and the lengths of the videos where the price is by
 * the second. Asked by `run` and `enqueue`, and by whatever else enqueues, where nobody is asked. Reads the headers of so many videos at most, and counts the others like the mean of those.
 */

import type { Batch } from '../shared/ledger/batch.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { CostForecast } from '../shared/models/estimate.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { needsLength, type PricedInputs, pricedInputs, statedPrice } from '../shared/models/price.ts';
import { estimateTask } from '../shared/prices/estimate-task.ts';
import { type LearnedPrice, readLearnedPrice } from '../shared/prices/learned-prices.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import type { VideoLengths } from '../shared/video-length/video-lengths.ts';
import { priceBasis } from '../shared/wording/price-source.ts';

export interface ForeseeDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly lengths: Pick<VideoLengths, 'secondsOf'>;
  readonly signal: AbortSignal;
}

const mostRead = 300;
/** Where most links of a batch are saved, so many are looked at for some that wait. */
const mostLooked = 5000;
const atOnce = 20;
const patienceMs = 20_000;

export async function foreseeCost(
  batch: Pick<Batch, 'name' | 'counts'>,
  model: ModelDefinition,
  deps: ForeseeDeps,
): Promise<CostForecast> {
  const learned = await readLearnedPrice(deps, model, model.input.defaults);
  const priced = await priceSample(batch.name, model, deps);
  const known = priced.filter(({ credits }) => credits !== null);
  if (known.length === 0 || known.length < priced.length / 2) return byEarlierTasks(learned);
  const credits = known.map((each) => each.credits ?? 0);
  const source = known.some(({ isLearned }) => isLearned) ? 'as the last tasks cost' : priceBasis(model);
  const [first = 0] = credits;
  if (statedPrice(model)?.unit === 'task' && credits.every((each) => each === first)) {
    return { kind: 'each', credits: round(first), basis: `${round(first)} a task, ${source}` };
  }
  const videos = batch.counts.queued;
  const total = Math.round((sum(credits) / known.length) * videos);
  return {
    kind: 'all',
    credits: total,
    basis: `${[counted(videos, 'video'), ...details(known, videos)].join(', ')} ${source}`,
  };
}

interface PricedLink {
  /** Null when it cannot be told. */
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
  if (learned === null) return { kind: 'unknown', basis: 'the first task will tell' };
  const { lowest, highest } = learned;
  const range = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`;
  return { kind: 'unknown', basis: `the last tasks of this model cost ${range} credits each` };
}

async function priceSample(batch: string, model: ModelDefinition, deps: ForeseeDeps): Promise<PricedLink[]> {
  const waiting = await sampleOf(batch, deps.ledger);
  // Workers may have taken all of a small batch already.
  if (waiting.length === 0) return [await priceLink({ url: '' }, model, deps)];
  const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(patienceMs)]);
  const priced: PricedLink[] = [];
  const pricer = async () => {
    for (let item = waiting.shift(); item !== undefined && !signal.aborted; item = waiting.shift()) {
      priced.push(await priceLink(item, model, { ...deps, signal }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, pricer));
  return priced;
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

async function priceLink(
  item: Pick<Item, 'url'> & { readonly inputs?: PricedInputs },
  model: ModelDefinition,
  deps: ForeseeDeps,
): Promise<PricedLink> {
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
