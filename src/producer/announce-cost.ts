/**
 * Announces the expected cost of a batch where no person is asked: the API, the dashboard, the library, schedules and
 * sources. A batch whose tasks cost more is paused. Called before links are enqueued, because workers may submit them
 * at once, and again afterwards, when the cost is known. No video is read, which would delay the caller.
 */
import type { AnnouncedPrice } from '../shared/ledger/batch-records.ts';
import type { CostForecast } from '../shared/models/estimate.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { creditsPerUnit, statedPrice } from '../shared/models/price.ts';
import { priceBasis } from '../shared/wording/price-source.ts';
import { type ForeseeDeps, foreseeCost } from './foresee-cost.ts';

export async function announceCost(
  name: string,
  model: ModelDefinition,
  deps: Pick<ForeseeDeps, 'redis' | 'prefix' | 'ledger'>,
): Promise<CostForecast> {
  const batch = await deps.ledger.batch(name);
  const price = statedPrice(model);
  const first: CostForecast = { kind: 'unknown', basis: 'the first task will show it' };
  if (batch === null || price === null) return first;
  if (price.unit === 'second') {
    const rate = creditsPerUnit(price, model.input.defaults);
    await deps.ledger.announceFirstPrice(name, 'estimate');
    return { kind: 'unknown', basis: `${rate} a second ${priceBasis(model)}` };
  }
  // Inputs of the links themselves may change the price.
  if (batch.counts.queued === 0 && Object.keys(price.by).length > 0) return first;
  const lengths = { secondsOf: async () => null };
  const forecast = await foreseeCost(batch, model, { ...deps, lengths, signal: neverAborted });
  const announced = announcedPrice(forecast);
  if (announced !== null) await deps.ledger.announceFirstPrice(name, announced);
  return forecast;
}

/** What a forecast says of the single task. */
export function announcedPrice(forecast: CostForecast): AnnouncedPrice {
  switch (forecast.kind) {
    case 'each':
      return forecast.credits;
    case 'all':
      return 'estimate';
    case 'unknown':
      return null;
    default:
      return forecast satisfies never;
  }
}

const neverAborted = new AbortController().signal;
