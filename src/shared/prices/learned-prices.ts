/**
 * What tasks of a model have really cost, by its inputs that the price depends on: read from the vendor's records,
 * kept in Redis for all batches. It outweighs the price list and the definition. The newest tasks alone count, so a
 * change of the price is forgotten soon.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Priced, type PricedInputs, statedPrice } from '../models/price.ts';
import type { RedisConnection } from '../redis/script.ts';

export interface PaidTask {
  readonly credits: number;
  /** What the price list or the definition said, null where they could not tell. */
  readonly base: number | null;
}

export interface LearnedPrice {
  readonly tasks: number;
  readonly lowest: number;
  readonly highest: number;
  /** The highest that was paid for one credit of the base price; null where no base price was known. */
  readonly ratio: number | null;
}

type Model = Priced & { readonly id: string };

const mostTasks = 20;
const keptForS = 30 * 24 * 3600;
/** Inputs with longer values, as prompts and addresses, are no part of a price. */
const longestValue = 16;
const paidTask = z.tuple([z.number(), z.number().nullable()]);

export async function noteRealPrice(
  redis: RedisConnection,
  prefix: string,
  { model, inputs }: { readonly model: Model; readonly inputs: PricedInputs },
  { credits, base }: PaidTask,
): Promise<void> {
  const key = pricesKey(prefix, model, inputs);
  await redis.lpush(key, JSON.stringify([credits, base]));
  await redis.ltrim(key, 0, mostTasks - 1);
  await redis.expire(key, keptForS);
}

/** Null before any task was paid. */
export async function readLearnedPrice(
  redis: RedisConnection,
  prefix: string,
  model: Model,
  inputs: PricedInputs,
): Promise<LearnedPrice | null> {
  const stored = await redis.lrange(pricesKey(prefix, model, inputs), 0, mostTasks - 1);
  return learnPrice(
    stored.map((text) => {
      const [credits, base] = paidTask.parse(JSON.parse(text));
      return { credits, base };
    }),
  );
}

export function learnPrice(tasks: readonly PaidTask[]): LearnedPrice | null {
  if (tasks.length === 0) return null;
  const credits = tasks.map((task) => task.credits);
  const ratios = tasks.flatMap((task) => (task.base ? [task.credits / task.base] : []));
  return {
    tasks: tasks.length,
    lowest: Math.min(...credits),
    highest: Math.max(...credits),
    ratio: ratios.length === 0 ? null : Math.max(...ratios),
  };
}

function pricesKey(prefix: string, model: Model, inputs: PricedInputs): string {
  const relevant = relevantInputs(model, inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash('sha256').update(JSON.stringify(relevant)).digest('hex').slice(0, 12);
  return `${prefix}:prices:${model.id}:${digest}`;
}

function relevantInputs(model: Model, inputs: PricedInputs): [string, string][] {
  const price = statedPrice(model);
  const all = Object.entries(inputs).map(([name, value]): [string, string] => [name, String(value)]);
  if (price !== null) return all.filter(([name]) => name in price.by);
  return all.filter(([, value]) => value.length <= longestValue);
}
