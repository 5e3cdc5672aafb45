/** What a task of a model is expected to cost: as tasks have cost, or as the definition says. */
import { usualPrice } from '../shared/models/price.ts';
import { readLearnedPrice } from '../shared/prices/learned-prices.ts';
import type { Session } from './session.ts';

/** @returns credits; null for an unknown model, or where the price is not known */
export async function priceOfModel(
  modelId: string,
  session: Pick<Session, 'redis' | 'prefix' | 'models'>,
): Promise<number | null> {
  const model = session.models.list().find(({ id }) => id === modelId);
  if (model === undefined) return null;
  const learned = await readLearnedPrice(session, model, model.input.defaults);
  return learned?.highest ?? usualPrice(model);
}
