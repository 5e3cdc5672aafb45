/** What a price rests on, in the words people read: the price list with its age, or the definition with its day. Pure. */
import { type Priced, statedPrice } from '../models/price.ts';
import { plural } from './format.ts';

/** As in "8 a second by the vendor’s price list of 24 November". */
export function priceBasis({ listed }: Priced): string {
  if (!listed) return 'by the model’s definition';
  const { readAt, highestOf } = listed;
  const choice = highestOf === null ? '' : ` (the highest of ${highestOf} prices)`;
  return `by the vendor’s price list of ${dayOf(readAt)}${choice}`;
}

/** As in "the vendor’s price list of 24 November, 3 hours old". */
export function priceSource({ listed, priceAsOf }: Priced, now: number): string {
  if (listed) {
    const { readAt, highestOf } = listed;
    const choice = highestOf === null ? '' : `the highest of ${highestOf} prices in `;
    return `${choice}the vendor’s price list of ${dayOf(readAt)}, ${ageOf(now - readAt)}`;
  }
  if (priceAsOf === undefined) return 'the model’s definition';
  const [year] = priceAsOf.split('-');
  return `the model’s definition, as of ${dayOf(Date.parse(priceAsOf))} ${year}`;
}

export interface PriceSourceView {
  readonly kind: 'price-list' | 'definition';
  /** When the list was read, or the day of the definition's price. */
  readonly at: string | null;
  readonly highestOf: number | null;
  readonly message: string;
}

/** The same for programs; null where there is no price. */
export function viewPriceSource(model: Priced, now: number): PriceSourceView | null {
  if (statedPrice(model) === null) return null;
  const message = priceSource(model, now);
  const { listed, priceAsOf = null } = model;
  if (!listed) return { kind: 'definition', at: priceAsOf, highestOf: null, message };
  return {
    kind: 'price-list',
    at: new Date(listed.readAt).toISOString(),
    highestOf: listed.highestOf,
    message,
  };
}

function dayOf(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' });
}

function ageOf(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  if (hours < 1) return 'read just now';
  return hours < 48 ? `${plural(hours, 'hour')} old` : `${plural(Math.floor(hours / 24), 'day')} old`;
}
