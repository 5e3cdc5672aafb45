/**
 * The cost of a task, by the vendor's price list or a model's definition. Pure; used by estimates, the submit stage and
 * the simulator. An unknown price is null, never a guess: the first task then shows it.
 */
import { z } from 'zod';

const credits = z.number().nonnegative().max(1_000_000);
const inputName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be the name of an input like resolution');

export const priceSchema = z.strictObject({
  unit: z.enum(['task', 'second']).describe('What the credits are for: a task, or a second of video.'),
  credits: credits.describe('Credits for one unit.'),
  by: z
    .record(inputName, z.record(z.string(), credits))
    .default({})
    .describe(
      'Credits for one unit by the value of an input. With several inputs the highest match counts; without a match, `credits`.',
    ),
  secondsInput: inputName
    .optional()
    .describe('The input that says how many seconds are billed. 0 or no number: the whole video.'),
});

export type Price = z.output<typeof priceSchema>;

/** What the vendor's price list said of a model. */
export interface ListedPrice {
  readonly price: Price;
  /** Unix milliseconds. */
  readonly readAt: number;
  /** The number of prices that match, of which the highest is used; null for one. */
  readonly highestOf: number | null;
}

/** What is said of the price beforehand; `creditsPerTask` is the short form of a price by the task. */
export interface Priced {
  readonly price?: Price | null | undefined;
  readonly creditsPerTask?: number | undefined;
  /** The day of the definition's price. */
  readonly priceAsOf?: string | undefined;
  /** Outweighs what the definition says. */
  readonly listed?: ListedPrice | null | undefined;
}

export type PricedInputs = Readonly<Record<string, unknown>>;

/**
 * @param seconds length of the video; null if unknown
 * @returns credits, or null if unknown
 */
export function priceOf(model: Priced, inputs: PricedInputs, seconds: number | null): number | null {
  const price = statedPrice(model);
  if (price === null) return null;
  const credits = creditsPerUnit(price, inputs);
  if (price.unit === 'task') return credits;
  const billed = billedSeconds(price, inputs, seconds);
  return billed === null ? null : round(credits * billed);
}

/** The inputs that a link's task gets: its own, and the model's defaults. */
export function pricedInputs(
  item: { readonly inputs?: PricedInputs },
  model: { readonly input: { readonly defaults: PricedInputs } },
): PricedInputs {
  return { ...model.input.defaults, ...item.inputs };
}

/** What a task of this model costs with its default inputs, where that is known without looking at the video. */
export function usualPrice(
  model: Priced & { readonly input: { readonly defaults: PricedInputs } },
): number | null {
  return priceOf(model, model.input.defaults, null);
}

/** What is said of the price beforehand: by the price list, else by the definition. */
export function statedPrice(model: Priced): Price | null {
  return model.listed?.price ?? ownPrice(model);
}

/** The definition's price as one form, however it gives it. */
export function ownPrice({ price, creditsPerTask }: Priced): Price | null {
  if (price) return price;
  return creditsPerTask === undefined ? null : { unit: 'task', credits: creditsPerTask, by: {} };
}

/** The cost of one unit, and the unit; null if unknown. */
export function unitPriceOf(model: Priced, inputs: PricedInputs): UnitPrice | null {
  const price = statedPrice(model);
  return price === null ? null : { unit: price.unit, credits: creditsPerUnit(price, inputs) };
}

export interface UnitPrice {
  readonly unit: Price['unit'];
  readonly credits: number;
}

/** Billed units: seconds of video, or the one task; null if the length is unknown. */
export function billedUnits(model: Priced, inputs: PricedInputs, seconds: number | null): number | null {
  const price = statedPrice(model);
  if (price === null) return null;
  return price.unit === 'task' ? 1 : billedSeconds(price, inputs, seconds);
}

export function creditsPerUnit({ credits, by }: Price, inputs: PricedInputs): number {
  const matches = Object.entries(by).flatMap(([input, values]) => values[String(inputs[input])] ?? []);
  return matches.length === 0 ? credits : Math.max(...matches);
}

/** Whether the price depends on the length of the video, which must then be read. */
export function needsLength(model: Priced, inputs: PricedInputs): boolean {
  const price = statedPrice(model);
  return price?.unit === 'second' && billedSeconds(price, inputs, null) === null;
}

/** A started second counts as a whole one: whether the vendor rounds is not known, and a budget must hold. */
function billedSeconds({ secondsInput }: Price, inputs: PricedInputs, seconds: number | null): number | null {
  const asked = secondsInput === undefined ? 0 : Number(inputs[secondsInput] ?? 0);
  if (Number.isFinite(asked) && asked > 0) return asked;
  return seconds === null ? null : Math.ceil(seconds - 1e-6);
}

/** Sums of decimals like 0.1 would otherwise show their rounding. */
function round(credits: number): number {
  return Math.round(credits * 1e6) / 1e6;
}
