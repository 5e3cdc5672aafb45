/**
 * What a link's task is expected to cost, and what it did cost. Asked by the submit stage before it reserves credits;
 * told by the status check when a record says.
 */
import type { CostEstimate, Item } from '../shared/ledger/item.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { needsLength, type PricedInputs, priceOf } from '../shared/models/price.ts';
import { noteRealPrice, readLearnedPrice } from '../shared/prices/learned-prices.ts';
import type { WorkerContext } from './worker-context.ts';

type Context = Pick<WorkerContext, 'redis' | 'prefix' | 'ledger' | 'models'>;

export function pricedInputs(_item: Item, model: ModelDefinition): PricedInputs {
  return model.input.defaults;
}

export async function expectedPrice(
  item: Item,
  model: ModelDefinition,
  { redis, prefix }: Context,
): Promise<CostEstimate | 'unknown'> {
  const inputs = pricedInputs(item, model);
  const base = needsLength(model, inputs) ? null : priceOf(model, inputs, null);
  if (base === null) return 'unknown';
  const learned = await readLearnedPrice(redis, prefix, model, inputs);
  return { base, credits: base * (learned?.ratio ?? 1) };
}

/** Learns from the first record that says what a task costs. */
export async function learnTaskPrice(
  item: Item,
  credits: number,
  { redis, prefix, models }: Context,
): Promise<void> {
  const model = models.get(item.model);
  const task = { credits, base: item.estimate?.base ?? null };
  await noteRealPrice(redis, prefix, { model, inputs: pricedInputs(item, model) }, task);
}
