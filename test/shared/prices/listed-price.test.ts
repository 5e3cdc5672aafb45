/** Which price the records of the vendor's list give a model. */
import { describe, expect, it } from 'vitest';
import { loadModels } from '../../../src/shared/models/load-models.ts';
import { priceOf } from '../../../src/shared/models/price.ts';
import { listedPrice } from '../../../src/shared/prices/listed-price.ts';
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
});
