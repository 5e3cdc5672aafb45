/** The vendor's public price list: its forms as seen, and whatever else a stranger may answer. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePricePage, readPriceList } from '../../../src/shared/vendor/price-list.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';

const record = {
  modelDescription: 'Topaz Video Upscaler, 2x',
  interfaceType: 'video',
  creditPrice: '8.0',
  creditUnit: 'per second',
  anchor: 'https://kie.ai/topaz?model=topaz%2Fvideo-upscale',
};
const page = (records: unknown, more: object = {}) =>
  parsePricePage(JSON.stringify({ code: 200, msg: 'success', data: { records, ...more } }));
const read = {
  model: 'topaz/video-upscale',
  description: 'Topaz Video Upscaler, 2x',
  credits: 8,
  unit: 'second',
};

describe('a page of the price list', () => {
  it.each([
    ['a price as text', record, [read]],
    ['a price as a number', { ...record, creditPrice: 8 }, [read]],
    ['an anchor without a host', { ...record, anchor: '/topaz?model=topaz%2Fvideo-upscale' }, [read]],
    ['a price by the video', { ...record, creditUnit: 'per video' }, [{ ...read, unit: 'task' }]],
    ['a unit of something else', { ...record, creditUnit: 'per image' }, [{ ...read, unit: null }]],
    ['a price that is none', { ...record, creditPrice: 'ask us' }, [{ ...read, credits: null }]],
    ['a price of nothing', { ...record, creditPrice: 0 }, [{ ...read, credits: null }]],
    ['a price without bounds', { ...record, creditPrice: 1e9 }, [{ ...read, credits: null }]],
    ['no anchor', { ...record, anchor: null }, []],
    ['an anchor without a model', { ...record, anchor: 'https://kie.ai/topaz' }, []],
    ['an anchor that is no address', { ...record, anchor: 'javascript:alert(1)?model=x' }, []],
    ['a record that is none', 'x', []],
  ])('with %s', (_, given, expected) => {
    expect(page([given])?.records).toEqual(expected);
  });

  it('says how long the list is', () => {
    expect(page([record, 7], { total: '503' })).toMatchObject({ entries: 2, total: 503 });
    expect(page([])).toMatchObject({ entries: 0, total: null });
  });

  it.each([
    ['a refusal', JSON.stringify({ code: 4030, msg: 'Not supported in the current region.', data: null })],
    ['records that are no list', JSON.stringify({ code: 200, data: { records: {} } })],
    ['a page of HTML', '<!doctype html>'],
    ['nothing', ''],
  ])('is none in %s', (_, text) => {
    expect(parsePricePage(text)).toBeNull();
  });

  it('never throws, whatever it is', () => {
    fc.assert(fc.property(fc.string(), (text) => void parsePricePage(text)));
    fc.assert(fc.property(fc.array(fc.jsonValue()), (records) => void page(records)));
    const field = fc.oneof(fc.string(), fc.double(), fc.constant(null), fc.jsonValue());
    const anything = fc.record({
      anchor: field,
      creditPrice: field,
      creditUnit: field,
      modelDescription: field,
    });
    fc.assert(fc.property(fc.array(anything), (records) => void page(records)));
  });
});

describe('the price list', () => {
  it('is read without the key', async () => {
    await using simulator = await startSimulator({ apiKey: 'the-only-key-0123456789' });
    const found = await readPriceList({ baseUrl: simulator.url, timeoutMs: 20_000 });
    expect(found?.map(({ credits, unit }) => [credits, unit])).toEqual([
      [8, 'second'],
      [8, 'second'],
      [14, 'second'],
    ]);
    expect(simulator.counts()).toMatchObject({ keyLeaks: 0, keyRefusals: 0, priceListCalls: 2 });
  });

  it.each(['unreadable', 'absent'] as const)('is null where it is %s', async (priceList) => {
    await using simulator = await startSimulator({ priceList });
    expect(await readPriceList({ baseUrl: simulator.url, timeoutMs: 20_000 })).toBeNull();
  });

  it('is null if it is too slow, or without a listener', async () => {
    await using simulator = await startSimulator({ priceList: 'slow', slowAnswerMs: '10m' });
    expect(await readPriceList({ baseUrl: simulator.url, timeoutMs: 200 })).toBeNull();
    expect(await readPriceList({ baseUrl: 'http://127.0.0.1:9', timeoutMs: 20_000 })).toBeNull();
  });

  it('has all its pages or is null: the dearer record may be on the one that is missing', async () => {
    let isThirdMissing = false;
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      const { pageNum = 0 } = body === '' ? {} : JSON.parse(body);
      if (pageNum === 3 && isThirdMissing) return void response.writeHead(500).end();
      const records = Array.from({ length: pageNum === 3 ? 50 : 100 }, () => record);
      const data = pageNum === 0 ? { all: 250 } : { records };
      response.end(JSON.stringify({ code: 200, data }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await readPriceList({ baseUrl, timeoutMs: 20_000 })).toHaveLength(250);
    isThirdMissing = true;
    expect(await readPriceList({ baseUrl, timeoutMs: 20_000 })).toBeNull();
    server.close();
  });
});
