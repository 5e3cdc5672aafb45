/**
 * What tasks of a model have really cost, by its inputs that the price depends on: read from the vendor's records,
 * kept in Redis for all batches. It outweighs the price list and the definition. The newest tasks alone count, so a
 * change of the price is forgotten soon. What follows from them is learn-price.ts.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ownPrice, type Priced, type PricedInputs, unitPriceOf } from '../models/price.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import { loadScript } from '../redis/script.ts';
import { type LearnedPrice, learnPrice, type PaidTask } from './learn-price.ts';

const notePriceScript = loadScript(new URL('./note-price.lua', import.meta.url));

type Model = Priced & { readonly id: string };

const mostTasks = 20;
const keptForS = 30 * 24 * 3600;
/** Inputs with longer values, as prompts and addresses, are no part of a price. */
const longestValue = 16;
const storedTask = z
  .tuple([z.number(), z.number().nullable()])
  .rest(z.unknown())
  .transform(([credits, base, per, unit]): PaidTask => {
    const found = z.object({ credits: z.number(), unit: z.enum(['task', 'second']) }).safeParse({
      credits: per,
      unit,
    });
    return { credits, base, per: found.data };
  });

export async function noteRealPrice(
  { redis, prefix }: Keyspace,
  { model, inputs }: { readonly model: Model; readonly inputs: PricedInputs },
  { credits, base, per }: PaidTask,
): Promise<void> {
  const key = pricesKey(prefix, model, inputs);
  const stated = per === undefined ? [] : [per.credits, per.unit];
  const task = JSON.stringify([credits, base, ...stated]);
  await notePriceScript(redis, [key], [task, mostTasks, keptForS]);
}

/** Null before any task was paid. */
export async function readLearnedPrice(
  { redis, prefix }: Keyspace,
  model: Model,
  inputs: PricedInputs,
): Promise<LearnedPrice | null> {
  const stored = await redis.lrange(pricesKey(prefix, model, inputs), 0, mostTasks - 1);
  const tasks = stored.map((text) => storedTask.parse(JSON.parse(text)));
  return learnPrice(tasks, unitPriceOf(model, inputs));
}

function pricesKey(prefix: string, model: Model, inputs: PricedInputs): string {
  const relevant = relevantInputs(model, inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash('sha256').update(JSON.stringify(relevant)).digest('hex').slice(0, 12);
  return `${prefix}:prices:${model.id}:${digest}`;
}

/** By the definition only: what was learned must still be found when the price list appears or changes. */
function relevantInputs(model: Model, inputs: PricedInputs): [string, string][] {
  const price = ownPrice(model);
  const all = Object.entries(inputs).map(([name, value]): [string, string] => [name, String(value)]);
  if (price !== null) return all.filter(([name]) => name in price.by);
  return all.filter(([, value]) => value.length <= longestValue);
}
