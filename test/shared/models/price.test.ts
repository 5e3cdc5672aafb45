import { describe, expect, it } from 'vitest';
import {
  needsLength,
  type Priced,
  type PricedInputs,
  priceOf,
  priceSchema,
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

  it('needs the length only where it follows from it', () => {
    expect(needsLength(flat, {})).toBe(false);
    expect(needsLength(upscale, {})).toBe(true);
    expect(needsLength(edit, { duration: 5 })).toBe(false);
    expect(needsLength(edit, {})).toBe(true);
  });
});
