/** The models of a process with the prices of the price list. Wired by the session. */
import type { ModelRegistry } from '../models/load-models.ts';
import type { ModelDefinition } from '../models/model-definition.ts';
import { listedPrice } from './listed-price.ts';
import type { KnownPrices, PriceList } from './price-list.ts';

export function pricedModels(models: ModelRegistry, prices: Pick<PriceList, 'known'>): ModelRegistry {
  let by: KnownPrices | null = null;
  let priced = new Map<string, ModelDefinition>();

  function withPrice(model: ModelDefinition): ModelDefinition {
    const known = prices.known();
    if (known === null) return model;
    if (known !== by) [by, priced] = [known, new Map()];
    const found = priced.get(model.id) ?? {
      ...model,
      listed: listedPrice(model, known.records, known.readAt),
    };
    priced.set(model.id, found);
    return found;
  }

  return {
    get: (id) => withPrice(models.get(id)),
    list: () => models.list().map(withPrice),
  };
}
