import { describe, expect, it } from 'vitest';
import {
  billedUnits,
  needsLength,
  type Priced,
  type PricedInputs,
  pricedInputs,
  priceOf,
  priceSchema,
  unitPriceOf,
  usualPrice,
} from '../../../src/shared/models/price.ts';

const upscale: Priced = {
  price: priceSchema.parse({ unit: 'second', credits: 8, by: { upscale_factor: { '4': 14 } } }),
};
const edit: Priced = {
  price: priceSchema.parse({
    unit: 'second',
    credits: 16,
    by: { resolution: { '720p': 10 }, audio: { true: 12 } },
    secondsInput: 'duration',
  }),
};
const flat: Priced = { creditsPerTask: 10 };

describe('the price of a task', () => {
  it.each<[string, Priced, PricedInputs, number | null, number | null]>([
    ['by the task', flat, {}, null, 10],
    ['by the second', upscale, { upscale_factor: '2' }, 5, 40],
    ['by the second and an input', upscale, { upscale_factor: '4' }, 5, 70],
    ['counts a started second as a whole one', upscale, {}, 5.04, 48],
    ['tolerates the rounding of a length', upscale, {}, 5.0000001, 40],
    ['is unknown without the length', upscale, {}, null, null],
    ['follows an input that says the seconds', edit, { duration: '10' }, null, 160],
    ['is of the whole video where that input says 0', edit, { duration: 0 }, 3, 48],
    ['is of the whole video where that input is no number', edit, { duration: 'auto' }, 3, 48],
    ['is the highest of several inputs', edit, { resolution: '720p', audio: true, duration: 1 }, null, 12],
    ['is unknown where the definition gives none', {}, {}, 5, null],
    ['is unknown where the definition says so', { price: null }, {}, 5, null],
  ])('%s', (_, model, inputs, seconds, expected) => {
    expect(priceOf(model, inputs, seconds)).toBe(expected);
  });

  it('is of a unit, and of so many units', () => {
    expect(unitPriceOf(upscale, { upscale_factor: 4 })).toEqual({ unit: 'second', credits: 14 });
    expect(unitPriceOf(flat, {})).toEqual({ unit: 'task', credits: 10 });
    expect(unitPriceOf({}, {})).toBeNull();
    expect(billedUnits(upscale, {}, 4.2)).toBe(5);
    expect(billedUnits(upscale, {}, null)).toBeNull();
    expect(billedUnits(flat, {}, 4.2)).toBe(1);
    expect(billedUnits({}, {}, 4.2)).toBeNull();
  });

  it('follows the defaults of the model where the link says nothing', () => {
    const model = { ...edit, input: { defaults: { resolution: '720p', duration: 5 } } };
    expect(pricedInputs({ inputs: { duration: 7 } }, model)).toEqual({ resolution: '720p', duration: 7 });
    expect(pricedInputs({}, model)).toEqual(model.input.defaults);
    expect(usualPrice(model)).toBe(50);
  });

  it.each(['1x', 'a-b', '', 'a b', 'x'.repeat(65)])('cannot follow an input called %j', (secondsInput) => {
    const given = { unit: 'second', credits: 1, secondsInput };
    expect(priceSchema.safeParse(given).success).toBe(false);
    expect(priceSchema.safeParse({ ...given, secondsInput: `_${'x'.repeat(63)}` }).success).toBe(true);
  });

  it('needs the length only where it follows from it', () => {
    expect(needsLength(flat, {})).toBe(false);
    expect(needsLength({}, {})).toBe(false);
    expect(needsLength(upscale, {})).toBe(true);
    expect(needsLength(edit, { duration: 5 })).toBe(false);
    expect(needsLength(edit, {})).toBe(true);
  });
});
