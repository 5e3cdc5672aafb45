/** Reads items: one by its id, or all of a batch in pages. */
import { createHash } from 'node:crypto';
import type { Inputs } from '../models/input-spec.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import { createBinaryScript } from '../redis/script.ts';
import type { FixedSettings } from './batch-records.ts';
import { fields, type Item, readItem } from './item.ts';
import { inputLetters, referenceIn, sharedField, unpackInputs } from './item-inputs.ts';
import { ledgerKeys } from './keys.ts';
import { type ItemState, itemStates } from './states.ts';
import { unpackPage } from './unpack-page.ts';

interface ItemReaderDeps extends Keyspace {
  readonly shareUrl: (model: string, id: string) => string | null;
  readonly settingsOf: (batch: string) => Promise<FixedSettings>;
}

/** Pages of items that are read ahead: a distant Redis is not waited for each time. */
const pagesAhead = 4;
const noInputs: Inputs = {};
const fieldLetters = [...Object.values(fields), ...inputLetters];
const firstInputs = fieldLetters.length - inputLetters.length;

export function createItemReader({ redis, prefix, shareUrl, settingsOf }: ItemReaderDeps) {
  const keys = ledgerKeys(prefix);
  const readItemsScript = createBinaryScript(redis, new URL('./scripts/read-items.lua', import.meta.url));
  const knownInputs = new Map<string, string>();

  async function item(id: string): Promise<Item | null> {
    return fromRecord(id, await redis.hmgetBuffer(keys.item(id), ...fieldLetters));
  }

  /** In the order of the ids; null where there is no such item. */
  async function statesOf(ids: readonly string[]): Promise<(ItemState | null)[]> {
    const found = await Promise.all(ids.map((id) => redis.hget(keys.item(id), fields.state)));
    return found.map((text) => itemStates.find((state) => state === text) ?? null);
  }

  /** Which of them were saved before their records were removed; see remove-items.lua. */
  async function rememberedOf(ids: readonly string[]): Promise<boolean[]> {
    if ((await redis.exists(keys.remembered)) === 0) return ids.map(() => false);
    const found = await Promise.all(
      ids.map((id) => {
        const digest = createHash('sha1').update(id).digest();
        return redis.hexists(keys.rememberedIn(digest.readUInt16BE(0) >> 2), digest.subarray(2, 12));
      }),
    );
    return found.map((exists) => exists === 1);
  }

  /**
   * All items of a batch in the order they were given, in pages; memory stays flat. While one page is used the next
   * are on their way.
   */
  async function* items(batch: string, pageSize = 100): AsyncGenerator<Item[]> {
    const coming: Promise<Buffer>[] = [];
    let start = 0;
    const readAhead = () => {
      const reading = readPage(batch, start, pageSize);
      // Its rejection is handled in its turn; if the caller stops earlier, it must not be unhandled.
      reading.catch(() => undefined);
      coming.push(reading);
      start += pageSize;
    };
    while (coming.length < pagesAhead) readAhead();
    for (;;) {
      const packed = await coming.shift();
      // Unpacked in its turn: until then it is one object for the garbage collector instead of hundreds.
      const page = packed === undefined ? [] : unpackPage(packed, fieldLetters);
      if (page.length === 0) return;
      readAhead();
      const found: Item[] = [];
      for (const { id, values } of page) {
        const item = await fromRecord(id, values);
        if (item !== null) found.push(item);
      }
      yield found;
    }
  }

  async function readPage(batch: string, start: number, size: number): Promise<Buffer> {
    const packed = await readItemsScript([keys.items(batch)], [prefix, start, size]);
    if (!Buffer.isBuffer(packed)) throw new Error('Redis did not answer with a packed page');
    return packed;
  }

  async function fromRecord(id: string, values: readonly (Buffer | null)[]): Promise<Item | null> {
    const batch = values[1]?.toString();
    if (batch === undefined) return null;
    const { model, root } = await settingsOf(batch);
    const inputs = await inputsOf(batch, values.slice(firstInputs));
    return readItem(id, values, { model, root, shareUrl: shareUrl(model, id), inputs });
  }

  async function inputsOf(batch: string, parts: readonly (Buffer | null)[]): Promise<Inputs> {
    if (parts[0] === null) return noInputs;
    const text = Buffer.concat(parts.filter((part) => part !== null)).toString();
    const reference = referenceIn(text);
    return unpackInputs(text, reference === null ? null : await sharedTextOf(batch, reference));
  }

  /** What links of a batch share; it never changes under its reference. */
  async function sharedTextOf(batch: string, reference: string): Promise<string | null> {
    const field = sharedField(reference);
    const name = `${batch} ${field}`;
    const known = knownInputs.get(name) ?? (await redis.hget(keys.batch(batch), field));
    if (known !== null) knownInputs.set(name, known);
    return known;
  }

  return { item, statesOf, rememberedOf, items };
}
