/**
 * The vendor's public price list, which needs no key: a record for each price of each definition, among records of
 * other models. As observed, prices are numbers or strings, and half of the models have no anchor with their name.
 */
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { creditsPerUnit, ownPrice } from '../shared/models/price.ts';
import { htmlAnswer, type Reply, vendorAnswer } from './answer.ts';
import { definitions } from './input-rules.ts';
import { parseObject } from './models.ts';
import type { Vendor } from './vendor.ts';

const countPath = '/client/v1/model-pricing/count';
const pagePath = '/client/v1/model-pricing/page';
const largestPage = 100;

export function isPriceListPath(path: string): boolean {
  return path === countPath || path === pagePath;
}

export async function answerPriceList(vendor: Vendor, path: string, bodyText: string): Promise<Reply> {
  const { priceList, slowAnswerMs } = vendor.settings;
  vendor.tally.priceListCalls += 1;
  if (priceList === 'absent') return vendorAnswer(404, 'Not found', null, 404);
  if (priceList === 'unreadable') return htmlAnswer(200);
  if (priceList === 'slow') await vendor.timers.wait(slowAnswerMs);
  const records = allRecords(vendor);
  if (path === countPath)
    return vendorAnswer(200, 'success', { all: records.length, video: records.length - 1 });
  const { pageNum, pageSize } = parseObject(bodyText) ?? {};
  const size = Math.min(largestPage, Math.max(1, Number(pageSize) || 10));
  const from = (Math.max(1, Number(pageNum) || 1) - 1) * size;
  return vendorAnswer(200, 'success', {
    records: records.slice(from, from + size),
    total: records.length,
    pages: Math.ceil(records.length / size),
  });
}

const image = {
  modelDescription: 'google imagen4, text-to-image, Fast',
  interfaceType: 'image',
  provider: 'Google',
  creditPrice: '4.0',
  creditUnit: 'per image',
  usdPrice: '0.02',
  anchor: '',
};

function allRecords({ settings }: Vendor): object[] {
  const listed = definitions.filter((definition) => settings.models.includes(definition.id));
  return [image, ...listed.flatMap((definition, index) => recordsOf(definition, index % 2 === 1))];
}

function recordsOf(definition: ModelDefinition, hasAnchor: boolean): object[] {
  const price = ownPrice(definition);
  if (price === null) return [];
  const { id } = definition;
  return variantsOf(definition).map(({ inputs, words }, index) => {
    const credits = creditsPerUnit(price, inputs);
    return {
      modelDescription: [id.replaceAll('/', ' '), ...words].join(', '),
      interfaceType: 'video',
      provider: id.split('/')[0],
      creditPrice: index % 2 === 0 ? credits.toFixed(1) : credits,
      creditUnit: price.unit === 'second' ? 'per second' : 'per video',
      usdPrice: (credits * 0.005).toFixed(4),
      anchor: hasAnchor ? `https://kie.ai/market?model=${encodeURIComponent(id)}` : null,
    };
  });
}

/** One for each value of the input that the price depends on. */
function variantsOf(definition: ModelDefinition) {
  const [input] = Object.keys(ownPrice(definition)?.by ?? {});
  const values = input === undefined ? [] : (definition.inputs[input]?.values ?? []);
  if (input === undefined || values.length === 0) return [{ inputs: {}, words: [] }];
  return values.map((value) => ({
    inputs: { [input]: value },
    words: [/factor/.test(input) ? `${value}x` : String(value)],
  }));
}
