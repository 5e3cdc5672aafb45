/**
 * The price of one model in the vendor's price list, in the form of a definition's price. Pure. A list has a record for
 * each resolution or factor, which only differ in their text. They become prices by an input if each record names
 * values of exactly one and the same input; else the highest price is used for all. Invariant: what the list leaves
 * open never costs less than the definition says.
 */
import type { InputSpec } from '../models/input-spec.ts';
import { type ListedPrice, ownPrice, type Price, type Priced } from '../models/price.ts';
import type { PriceRecord } from '../vendor/price-list.ts';

export interface ListableModel extends Priced {
  readonly id: string;
  readonly vendorModel?: string | undefined;
  readonly inputs: Readonly<Record<string, InputSpec>>;
}

/** Null where the list says nothing of the model, or nothing that can be used. */
export function listedPrice(
  model: ListableModel,
  records: readonly PriceRecord[],
  readAt: number,
): ListedPrice | null {
  const name = model.vendorModel ?? model.id;
  const own = records.filter((record) => record.model === name);
  const [first] = own;
  const credits = own.flatMap((record) => record.credits ?? []);
  // One that cannot be read may be the one that counts.
  if (first === undefined || first.unit === null || credits.length < own.length) return null;
  if (own.some(({ unit }) => unit !== first.unit)) return null;
  const highest = Math.max(...credits);
  const isUniform = credits.every((each) => each === highest);
  const by = isUniform ? {} : pricesByInput(model, own);
  const definition = ownPrice(model);
  const seconds = definition?.secondsInput === undefined ? {} : { secondsInput: definition.secondsInput };
  const price: Price = { unit: first.unit, credits: highest, by: by ?? {}, ...seconds };
  return {
    price: shortest(model, definition?.unit === price.unit ? notBelow(definition, price) : price),
    readAt,
    highestOf: by === null ? own.length : null,
  };
}

/** Where the list names some values of an input, the definition may know dearer ones. */
function notBelow(definition: Price, listed: Price): Price {
  const by: Record<string, Record<string, number>> = { ...listed.by };
  for (const [input, values] of Object.entries(definition.by)) {
    for (const [value, credits] of Object.entries(values)) {
      const isListed = listed.by[input]?.[value] !== undefined;
      if (!isListed && credits > listed.credits) by[input] = { ...by[input], [value]: credits };
    }
  }
  return { ...listed, by };
}

/** Where each value of an input has its price and one is always sent, the default's is the usual price. */
function shortest({ inputs }: ListableModel, price: Price): Price {
  const [[input, prices] = ['', {}], ...others] = Object.entries(price.by);
  const { values = [], default: usual } = inputs[input] ?? { values: [] };
  const credits = prices[String(usual)];
  if (others.length > 0 || credits === undefined) return price;
  if (values.some((value) => prices[String(value)] === undefined)) return price;
  const different = Object.entries(prices).filter(([, each]) => each !== credits);
  return { ...price, credits, by: { [input]: Object.fromEntries(different) } };
}

/** Null if the records do not differ by exactly one input. */
function pricesByInput(model: ListableModel, records: readonly PriceRecord[]): Price['by'] | null {
  const found = Object.entries(model.inputs).flatMap(([input, spec]) => {
    const prices = pricesOf(input, spec, records);
    return prices === null ? [] : [{ [input]: prices }];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

function pricesOf(
  input: string,
  { values = [] }: InputSpec,
  records: readonly PriceRecord[],
): Record<string, number> | null {
  const prices = new Map<string, number>();
  for (const { description, credits } of records) {
    const named = values.filter((value) => namesValue(description, input, String(value)));
    if (named.length === 0 || credits === null) return null;
    for (const value of named.map(String)) {
      // Two records of one value differ in something else, which is not known.
      if ((prices.get(value) ?? credits) !== credits) return null;
      prices.set(value, credits);
    }
  }
  return Object.fromEntries(prices);
}

/** As in "upscale 4x", "5.0s" and "720P". A bare number names nothing. */
function namesValue(description: string, input: string, value: string): boolean {
  const text = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (!/^\d+(\.\d+)?$/.test(value)) {
    return value.length > 1 && new RegExp(`(?<![a-z0-9])${text}(?![a-z0-9])`, 'i').test(description);
  }
  if (/factor|scale/i.test(input)) {
    return new RegExp(`(?<![\\d.])${text}\\s?[x×]|(?<![a-z0-9])[x×]\\s?${text}(?![\\d.])`, 'i').test(
      description,
    );
  }
  return (
    /duration|seconds/i.test(input) &&
    new RegExp(`(?<![\\d.])${text}(\\.0)?\\s?s(ec|econds?)?\\b`, 'i').test(description)
  );
}
