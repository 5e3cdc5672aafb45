/**
 * What tasks of a model have really cost, by its inputs that the price depends on: read from the vendor's records,
 * kept in Redis for all batches. It outweighs the price list and the definition. The newest tasks alone count, so a
 * change of the price is forgotten soon.
 *
 * Kept is what a task cost, what it was said to cost, and the price of one unit that this was made of. So what is
 * learned is credits for one unit, and does not move when the price list changes. Invariant: what is expected is never
 * below what was paid under the price that is stated now; after a change of that, never below the new one either.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ownPrice, type Priced, type PricedInputs, type UnitPrice, unitPriceOf } from '../models/price.ts';
import type { Keyspace } from '../redis/keyspace.ts';

export interface PaidTask {
  readonly credits: number;
  /** What the price list or the definition said, null where they could not tell. */
  readonly base: number | null;
  /** The price of one unit that `base` was made of; absent in records of version 0.1.0. */
  readonly per?: UnitPrice | undefined;
}

export interface LearnedPrice {
  readonly tasks: number;
  readonly lowest: number;
  readonly highest: number;
  /** Credits to expect for one unit; null where no task's units are known. */
  readonly perUnit: number | null;
}

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
  await Promise.all([
    redis.lpush(key, JSON.stringify([credits, base, ...stated])),
    redis.ltrim(key, 0, mostTasks - 1),
    redis.expire(key, keptForS),
  ]);
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

/** @param stated the price of one unit as it is stated now */
export function learnPrice(tasks: readonly PaidTask[], stated: UnitPrice | null): LearnedPrice | null {
  if (tasks.length === 0) return null;
  const credits = tasks.map((task) => task.credits);
  return {
    tasks: tasks.length,
    lowest: Math.min(...credits),
    highest: Math.max(...credits),
    perUnit: stated === null ? null : expectedPerUnit(tasks, stated),
  };
}

function expectedPerUnit(tasks: readonly PaidTask[], stated: UnitPrice): number | null {
  const rates = tasks.flatMap((task) => rateOf(task, stated) ?? []);
  const present = rates.filter(({ isPresent }) => isPresent);
  const perUnit = (present.length > 0 ? present : rates).map((rate) => rate.perUnit);
  if (perUnit.length === 0) return null;
  // Tasks paid under an earlier price say nothing about a rise since then.
  return Math.max(...perUnit, ...(present.length > 0 ? [] : [stated.credits]));
}

/** Null where the task's units are not known, or are others than those of today. */
function rateOf({ credits, base, per }: PaidTask, stated: UnitPrice) {
  // Nothing was said of it beforehand: only the one task is a unit that is known.
  if (base === null) return stated.unit === 'task' ? { perUnit: credits, isPresent: false } : null;
  if (base === 0) return null;
  // Version 0.1.0 did not keep the price that its base was made of. It may have been higher than today's.
  if (per === undefined) {
    return { perUnit: Math.max(1, credits / base) * stated.credits, isPresent: false };
  }
  if (per.unit !== stated.unit) return null;
  return { perUnit: (credits / base) * per.credits, isPresent: per.credits === stated.credits };
}

function pricesKey(prefix: string, model: Model, inputs: PricedInputs): string {
  const relevant = relevantInputs(model, inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash('sha256').update(JSON.stringify(relevant)).digest('hex').slice(0, 12);
  return `${prefix}:prices:${model.id}:${digest}`;
}

/** By the definition alone: what was learned must be found again when the price list comes or changes. */
function relevantInputs(model: Model, inputs: PricedInputs): [string, string][] {
  const price = ownPrice(model);
  const all = Object.entries(inputs).map(([name, value]): [string, string] => [name, String(value)]);
  if (price !== null) return all.filter(([name]) => name in price.by);
  return all.filter(([, value]) => value.length <= longestValue);
}
