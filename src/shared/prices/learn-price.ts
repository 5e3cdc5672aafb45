/**
 * What a task is expected to cost, from what earlier ones have cost. Pure; called by learned-prices.ts. Known of a task
 * is what it cost, what it was said to cost, and the price of one unit that this was made of. So what is learned is
 * credits for one unit, and does not move when the price list changes. Invariant: what is expected is never below what
 * was paid under the price that is stated now; after a change of that, never below the new one either.
 */
import type { UnitPrice } from '../models/price.ts';

export interface PaidTask {
  readonly credits: number;
  /** The price by the price list or the definition, null if unknown. */
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
