/**
 * What a link's task is expected to cost, and what it did cost. Asked by the submit stage before it reserves credits;
 * told by the status check when a record says.
 */
import type { CostEstimate, Item } from '../shared/ledger/item.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { needsLength, pricedInputs, priceOf, usualPrice } from '../shared/models/price.ts';
import { noteRealPrice, readLearnedPrice } from '../shared/prices/learned-prices.ts';
import type { WorkerContext } from './worker-context.ts';

type Context = Pick<WorkerContext, 'redis' | 'prefix' | 'ledger' | 'models' | 'lengths'>;

export async function expectedPrice(
  item: Item,
  model: ModelDefinition,
  { redis, prefix, ledger, lengths }: Context,
  signal: AbortSignal,
): Promise<CostEstimate | 'unknown'> {
  // Without a budget nothing is refused for its price.
  if ((await ledger.budgetOf(item.batch)) === null) return usualEstimate(model);
  const inputs = pricedInputs(item, model);
  const seconds = needsLength(model, inputs) ? await lengths.secondsOf(item.url, signal) : null;
  const base = priceOf(model, inputs, seconds);
  if (base === null) return 'unknown';
  const learned = await readLearnedPrice(redis, prefix, model, inputs);
  return { base, credits: base * (learned?.ratio ?? 1) };
}

function usualEstimate(model: ModelDefinition): CostEstimate | 'unknown' {
  const credits = usualPrice(model);
  return credits === null ? 'unknown' : { credits, base: credits };
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
