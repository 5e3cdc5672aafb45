/**
 * What the waiting links of a batch will cost, before it starts, and what that rests on: what such tasks have really
 * cost, else the model's definition; and the lengths of the videos where the price is by the second. Asked by `run`
 * and `enqueue`. Reads the headers of so many videos at most, and counts the others like the mean of those.
 */
import type { Batch } from '../shared/ledger/batch.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { CostForecast } from '../shared/models/estimate.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { creditsPerUnit, needsLength, priceOf, statedPrice } from '../shared/models/price.ts';
import { type LearnedPrice, readLearnedPrice } from '../shared/prices/learned-prices.ts';
import type { RedisConnection } from '../shared/redis/script.ts';
import type { VideoLengths } from '../shared/video-length/video-lengths.ts';

export interface ForeseeDeps {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly ledger: Ledger;
  readonly lengths: VideoLengths;
  readonly signal: AbortSignal;
}

const mostRead = 300;
const atOnce = 20;
const patienceMs = 20_000;

export async function foreseeCost(
  batch: Pick<Batch, 'name' | 'counts'>,
  model: ModelDefinition,
  deps: ForeseeDeps,
): Promise<CostForecast> {
  const inputs = model.input.defaults;
  const price = statedPrice(model);
  const learned = await readLearnedPrice(deps.redis, deps.prefix, model, inputs);
  if (price === null) return byEarlierTasks(learned);
  const ratio = learned?.ratio ?? 1;
  const source = learned?.ratio ? 'as the last tasks cost' : 'by the model’s definition';
  const unit = round(creditsPerUnit(price, inputs) * (price.unit === 'task' ? ratio : Math.max(1, ratio)));
  if (!needsLength(model, inputs)) {
    const credits = round((priceOf(model, inputs, null) ?? 0) * ratio);
    return { kind: 'each', credits, basis: `${credits} a task, ${source}` };
  }
  const seconds = await readLengths(batch.name, deps);
  const known = seconds.filter((each) => each !== null);
  if (known.length === 0 || known.length < seconds.length / 2) return byEarlierTasks(learned);
  const priced = known.map((each) => priceOf(model, inputs, each) ?? 0);
  const mean = sum(priced) / known.length;
  const videos = batch.counts.queued;
  const minutes = Math.max(1, Math.round(((sum(known) / known.length) * videos) / 60));
  return {
    kind: 'all',
    credits: Math.round(mean * videos * Math.max(1, ratio)),
    basis: `${videos.toLocaleString('en-US')} videos, ${minutes.toLocaleString('en-US')} minutes, ${unit} a second ${source}`,
  };
}

function byEarlierTasks(learned: LearnedPrice | null): CostForecast {
  if (learned === null) return { kind: 'unknown', basis: 'the first task will tell' };
  const { lowest, highest } = learned;
  const range = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`;
  return { kind: 'unknown', basis: `the last tasks of this model cost ${range} credits each` };
}

/** Null for each video whose length cannot be told. */
async function readLengths(
  batch: string,
  { ledger, lengths, signal }: ForeseeDeps,
): Promise<(number | null)[]> {
  const urls: string[] = [];
  for await (const page of ledger.items(batch)) {
    urls.push(...page.filter(({ state }) => state === 'queued').map(({ url }) => url));
    if (urls.length >= mostRead) break;
  }
  const waiting = urls.slice(0, mostRead);
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const read: (number | null)[] = [];
  const reader = async () => {
    for (let url = waiting.shift(); url !== undefined && !bounded.aborted; url = waiting.shift()) {
      read.push(await lengths.secondsOf(url, bounded));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, reader));
  return read;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function round(credits: number): number {
  return Math.round(credits * 100) / 100;
}
