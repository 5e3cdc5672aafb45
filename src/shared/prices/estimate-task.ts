/**
 * The expected cost of one task: the real cost of such tasks, else the price list, else the definition. Used by the
 * submit stage and by the announcement before a start, so that both agree.
 */
import type { CostEstimate } from '../ledger/item.ts';
import { billedUnits, type Priced, type PricedInputs, priceOf, unitPriceOf } from '../models/price.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import { readLearnedPrice } from './learned-prices.ts';

export interface TaskToPrice {
  /** The model's defaults included. */
  readonly inputs: PricedInputs;
  /** Null if unknown. */
  readonly seconds: number | null;
}

export interface TaskEstimate extends CostEstimate {
  readonly isLearned: boolean;
}

/** Null if unknown. */
export async function estimateTask(
  model: Priced & { readonly id: string },
  { inputs, seconds }: TaskToPrice,
  { redis, prefix }: Keyspace,
): Promise<TaskEstimate | null> {
  const base = priceOf(model, inputs, seconds);
  const per = unitPriceOf(model, inputs);
  const units = billedUnits(model, inputs, seconds);
  if (base === null || per === null || units === null) return null;
  const perUnit = (await readLearnedPrice({ redis, prefix }, model, inputs))?.perUnit ?? null;
  if (perUnit === null) return { credits: base, base, per, isLearned: false };
  return { credits: perUnit * units, base, per, isLearned: true };
}
