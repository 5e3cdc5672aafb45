/** What is said of the cost of a batch before it starts, and what that rests on. */
import { expect, it } from 'vitest';
import { foreseeCost } from '../../src/producer/foresee-cost.ts';
import { estimateForecast } from '../../src/shared/models/estimate.ts';
import { priceSchema } from '../../src/shared/models/price.ts';
import { noteRealPrice } from '../../src/shared/prices/learned-prices.ts';
import { startSystem } from '../setup/system.ts';

it('follows the definition, the lengths of the videos, and what tasks have really cost', async () => {
  await using system = await startSystem();
  const { ledger, redis, models } = system.session;
  const prefix = system.environment['QUEUE_PREFIX'] ?? '';
  const upscale = models.get('topaz/video-upscale');
  await ledger.openBatch('b', { model: upscale.id, root: '/' });
  const links = Array.from({ length: 205 }, (_, n) => ({ id: `h${n}`, url: `https://host.example/${n}` }));
  await ledger.enqueue('b', links);
  const batch = (await ledger.batch('b')) ?? expect.fail();
  const { signal } = new AbortController();
  const readAt = Date.parse('2026-11-24T09:00:00Z');
  const foresee = async (seconds: number | null, model = upscale) => {
    const lengths = { secondsOf: async () => seconds };
    const forecast = await foreseeCost(batch, model, { redis, prefix, ledger, lengths, signal });
    return estimateForecast(forecast, { links: 205, balance: 20_000 }).text;
  };
  expect(await foresee(12)).toBe(
    'about 19,680 credits: 205 videos, 41 minutes, 8 a second by the model’s definition; 20,000 credits in the account',
  );
  expect(await foresee(null)).toContain('unknown: the first task will show it');
  const listed = { price: priceSchema.parse({ unit: 'second', credits: 9 }), readAt, highestOf: null };
  expect(await foresee(12, { ...upscale, listed })).toContain(
    'about 22,140 credits: 205 videos, 41 minutes, 9 a second by the vendor’s price list of 24 November; ',
  );
  expect(await foresee(12, { ...upscale, listed: { ...listed, highestOf: 3 } })).toContain(
    'by the vendor’s price list of 24 November (the highest of 3 prices)',
  );
  const task = { model: upscale, inputs: upscale.input.defaults };
  await noteRealPrice({ redis, prefix }, task, {
    credits: 120,
    base: 96,
    per: { unit: 'second', credits: 8 },
  });
  expect(await foresee(12)).toContain(
    'about 24,600 credits: 205 videos, 41 minutes, 10 a second as the last tasks',
  );
  expect(await foresee(null)).toContain('the last tasks of this model cost 120 credits each');
  const remover = models.get('sora-watermark-remover');
  await ledger.openBatch('flat', { model: remover.id, root: '/' });
  const flat = (await ledger.batch('flat')) ?? expect.fail();
  const lengths = { secondsOf: async () => null };
  expect(await foreseeCost(flat, remover, { redis, prefix, ledger, lengths, signal })).toEqual({
    kind: 'each',
    credits: 10,
    basis: '10 a task, by the model’s definition',
  });
});
