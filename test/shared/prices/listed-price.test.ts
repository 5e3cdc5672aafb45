/** Which price the records of the vendor's list give a model. */
import { describe, expect, it } from 'vitest';
import { loadModels } from '../../../src/shared/models/load-models.ts';
import { priceOf } from '../../../src/shared/models/price.ts';
import { type ListableModel, listedPrice } from '../../../src/shared/prices/listed-price.ts';
import type { PriceRecord } from '../../../src/shared/vendor/price-list.ts';

const models = loadModels({ extraFiles: [] });
const upscale = models.get('topaz/video-upscale');
const edit = models.get('wan/2-7-videoedit');

type Row = [description: string, credits: number | null, unit?: PriceRecord['unit']];
const listed = (model: typeof upscale, rows: readonly Row[]) =>
  listedPrice(
    model,
    rows.map(([description, credits, unit = 'second']) => ({ model: model.id, description, credits, unit })),
    0,
  );

describe('the listed price', () => {
  it('follows an input that each record names', () => {
    const found = listed(upscale, [
      ['Topaz upscale, 1x/2x', 9],
      ['Topaz upscale, 4×', 16],
    ]);
    expect(found).toEqual({
      price: { unit: 'second', credits: 9, by: { upscale_factor: { '4': 16 } } },
      readAt: 0,
      highestOf: null,
    });
    const resolutions = listed(edit, [
      ['wan 2.7 video edit, 720P', 16],
      ['wan 2.7 video edit, 1080P', 24],
    ]);
    expect(resolutions?.price).toMatchObject({ credits: 24, by: { resolution: { '720p': 16 } } });
  });

  it.each<[string, Row[]]>([
    [
      'a record names no input',
      [
        ['Topaz', 8],
        ['Topaz, 4x', 14],
      ],
    ],
    [
      'two records of one value differ',
      [
        ['2x', 8],
        ['2x, fast', 12],
        ['4x', 14],
      ],
    ],
  ])('is the highest where %s', (_, rows) => {
    expect(listed(upscale, rows)).toMatchObject({ price: { credits: 14 }, highestOf: rows.length });
  });

  it('is the highest where two inputs could tell the records apart', () => {
    const rows: Row[] = [
      ['wan 2.7, 720p, auto', 10],
      ['wan 2.7, 1080p, origin', 20],
    ];
    expect(listed(edit, rows)).toMatchObject({ price: { credits: 20, by: {} }, highestOf: 2 });
  });

  it.each<[string, Row[]]>([
    ['nothing is said', []],
    [
      'a price cannot be read',
      [
        ['2x', 8],
        ['4x', null],
      ],
    ],
    ['a unit cannot be read', [['2x', 8, null]]],
    [
      'units differ',
      [
        ['2x', 8],
        ['4x', 100, 'task'],
      ],
    ],
  ])('is none where %s', (_, rows) => {
    expect(listed(upscale, rows)).toBeNull();
  });

  it('never goes below the definition for what the list leaves open', () => {
    const price = listed(upscale, [['Topaz upscale, 1x', 8]]);
    const cost = (factor: string) => priceOf({ listed: price }, { upscale_factor: factor }, 10);
    expect([cost('1'), cost('2'), cost('4')]).toEqual([80, 80, 140]);
  });

  it('is of the model by the vendor’s name', () => {
    const own = { ...upscale, id: 'mine', vendorModel: 'topaz/video-upscale' };
    const record = { model: 'topaz/video-upscale', description: '', credits: 20, unit: 'second' } as const;
    expect(listedPrice(own, [record], 0)?.price.credits).toBe(20);
    expect(listedPrice({ ...upscale, id: 'mine' }, [record], 0)).toBeNull();
  });

  describe('by what a description names', () => {
    const inputs = {
      upscale_factor: { values: ['1', '2', '2.5'], default: '2' },
      duration: { values: ['5', '10'] },
      mode: { values: ['pro', 'a+b', 'x'] },
      prompt: {},
    } as const;
    const model: ListableModel = { id: 'm', inputs: inputs as unknown as ListableModel['inputs'] };
    const of = (...rows: [description: string, credits: number][]) =>
      listedPrice(
        model,
        rows.map(([description, credits]) => ({ model: 'm', description, credits, unit: 'task' })),
        0,
      );

    it.each<[string, string, Record<string, Record<string, number>>]>([
      ['m 1x', 'm 2.5x', { upscale_factor: { '1': 1, '2.5': 2 } }],
      ['m x1', 'm × 2.5', { upscale_factor: { '1': 1, '2.5': 2 } }],
      ['m 1 X', 'm 2.5×', { upscale_factor: { '1': 1, '2.5': 2 } }],
      ['m 5s', 'm 10.0 sec', { duration: { '5': 1, '10': 2 } }],
      ['5 seconds', '10 Second', { duration: { '5': 1, '10': 2 } }],
      ['m PRO', 'm a+b.', { mode: { pro: 1, 'a+b': 2 } }],
    ])('%j and %j are told apart', (one, other, by) => {
      expect(of([one, 1], [other, 2])).toEqual({
        price: { unit: 'task', credits: 2, by },
        readAt: 0,
        highestOf: null,
      });
    });

    it.each<[string, string]>([
      ['m 1', 'm 2'],
      ['m 11x', 'm 2x'],
      ['m 2.1x', 'm 2x'],
      ['m 1xl', 'm x'],
      ['m fox1', 'm 2x'],
      ['m 15s', 'm 10s'],
      ['m 5 sets', 'm 10s'],
      ['m profile', 'm a+b'],
      ['m vpro', 'm a+b'],
      ['m aab', 'm pro'],
      ['m x', 'm pro'],
    ])('%j and %j are not', (one, other) => {
      const price = { unit: 'task', credits: 2, by: {} };
      expect(of([one, 1], [other, 2])).toMatchObject({ price, highestOf: 2 });
    });

    it('is one price where all are the same, whatever they name', () => {
      expect(of(['m', 3], ['m 2x', 3])).toEqual({
        price: { unit: 'task', credits: 3, by: {} },
        readAt: 0,
        highestOf: null,
      });
    });

    it('is short where every value has its price: the default’s stands for the others', () => {
      expect(of(['1x', 5], ['2x', 5], ['2.5x', 9])?.price).toEqual({
        unit: 'task',
        credits: 5,
        by: { upscale_factor: { '2.5': 9 } },
      });
    });
  });

  it('keeps what the definition says of seconds, and dearer values that the list does not name', () => {
    const inputs = { mode: { values: ['fast', 'slow', 'best'] } } as unknown as ListableModel['inputs'];
    const price = {
      unit: 'second',
      credits: 4,
      by: { mode: { fast: 9, slow: 9, best: 30, old: 10 }, other: { on: 12 } },
      secondsInput: 'duration',
    } as const;
    const record = { model: 'm', unit: 'second' } as const;
    const records = [
      { ...record, description: 'fast', credits: 2 },
      { ...record, description: 'slow', credits: 10 },
    ];
    expect(listedPrice({ id: 'm', inputs, price }, records, 0)?.price).toEqual({
      unit: 'second',
      credits: 10,
      by: { mode: { fast: 2, slow: 10, best: 30 }, other: { on: 12 } },
      secondsInput: 'duration',
    });
  });
});
