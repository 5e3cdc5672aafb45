/** Pages of items as Redis really packs them: whatever is in the records comes out as it is. */
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackPage } from '../../../src/shared/ledger/unpack-page.ts';
import { createBinaryScript } from '../../../src/shared/redis/script.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const script = new URL('../../../src/shared/ledger/scripts/read-items.lua', import.meta.url);

const letters = 'sborgtaxcnhemdv';

function recordOf(values: readonly (Buffer | null)[]): Record<string, Buffer> {
  return Object.fromEntries(
    [...letters].flatMap((letter, position) => {
      const value = values[position] ?? null;
      return value === null ? [] : [[letter, value]];
    }),
  );
}

describe('a packed page', () => {
  let redis: Redis;
  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });

  async function readBack(records: readonly Readonly<Record<string, Buffer>>[]) {
    const prefix = redisPrefix();
    for (const [index, record] of records.entries()) {
      await redis.rpush(`${prefix}:items`, `s_${index}`);
      for (const [field, value] of Object.entries(record))
        await redis.hset(`${prefix}:item:s_${index}`, field, value);
    }
    const packed = await createBinaryScript(redis, script)([`${prefix}:items`], [prefix, 0, 100]);
    if (!Buffer.isBuffer(packed)) return expect.fail('no buffer');
    return unpackPage(packed, [...letters]).map(({ id, values }) => ({ id, fields: recordOf(values) }));
  }

  it.each([0, 1, 31, 32, 255, 256, 65_535, 65_536, 70_000])('holds a value of %d bytes', async (size) => {
    const value = Buffer.alloc(size, 0xc3);
    expect(await readBack([{ g: value }])).toEqual([{ id: 's_0', fields: { g: value } }]);
  });

  it.each([0, 1, 15, 16, 40])('holds %d items', async (count) => {
    const records = Array.from({ length: count }, (_, n) => ({ s: Buffer.from(`state ${n}`) }));
    expect(await readBack(records)).toEqual(records.map((fields, n) => ({ id: `s_${n}`, fields })));
  });

  it('holds a listed item without a record', async () => {
    expect(await readBack([{}])).toEqual([{ id: 's_0', fields: {} }]);
  });

  it('holds any bytes in any fields', async () => {
    const value = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    const record = fc.dictionary(fc.constantFrom(...letters), value, {
      maxKeys: 15,
      noNullPrototype: true,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 20 }), async (records) => {
        expect(await readBack(records)).toEqual(records.map((fields, n) => ({ id: `s_${n}`, fields })));
      }),
      { numRuns: 30 },
    );
  });

  it('omits fields that were not requested', async () => {
    expect(await readBack([{ q: Buffer.from('10'), s: Buffer.from('queued') }])).toEqual([
      { id: 's_0', fields: { s: Buffer.from('queued') } },
    ]);
  });

  it('is refused when it is something else', () => {
    expect(() => unpackPage(Buffer.from([0xc0]), [])).toThrow(/no array/);
    expect(() => unpackPage(Buffer.from([0x91, 0x91, 0xc0]), [])).toThrow(/no text/);
  });
});
