/**
 * The expected and the actual cost of a link's task. Used by the submit stage to reserve credits, and by the status
 * check when a record shows the cost.
 */
import type { CostEstimate, Item } from '../shared/ledger/item.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { needsLength, pricedInputs, unitPriceOf, usualPrice } from '../shared/models/price.ts';
import { estimateTask } from '../shared/prices/estimate-task.ts';
import { noteRealPrice } from '../shared/prices/learned-prices.ts';
import type { WorkerContext } from './worker-context.ts';

type Context = Pick<WorkerContext, 'redis' | 'prefix' | 'ledger' | 'models' | 'lengths'>;

export async function expectedPrice(
  item: Item,
  model: ModelDefinition,
  { redis, prefix, ledger, lengths }: Context,
  signal: AbortSignal,
): Promise<CostEstimate | 'unknown'> {
  if (!(await ledger.wantsEstimates(item.batch))) return usualEstimate(model);
  const inputs = pricedInputs(item, model);
  const seconds = needsLength(model, inputs) ? await lengths.secondsOf(item.url, signal) : null;
  return (await estimateTask(model, { inputs, seconds }, { redis, prefix })) ?? 'unknown';
}

function usualEstimate(model: ModelDefinition): CostEstimate | 'unknown' {
  const credits = usualPrice(model);
  const per = unitPriceOf(model, model.input.defaults);
  return credits === null || per === null ? 'unknown' : { credits, base: credits, per };
}

/** Learns from the first record that says what a task costs. */
export async function learnTaskPrice(
  item: Item,
  credits: number,
  { redis, prefix, models }: Context,
): Promise<void> {
  const model = models.get(item.model);
  const task = { credits, base: item.estimate?.base ?? null, per: item.estimate?.per };
  await noteRealPrice({ redis, prefix }, { model, inputs: pricedInputs(item, model) }, task);
}
