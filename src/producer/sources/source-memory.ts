/**
 * The memory of a source in Redis between runs: a mark for each list, so that an unchanged one is not read again, and a
 * fingerprint for each link, so that of a longer list only the added links are new, even if the older ones have left
 * the ledger. One memory for each source and model.
 */
import { hash } from 'node:crypto';
import type { LedgerLink } from '../../shared/ledger/take-links.ts';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import { createScript } from '../../shared/redis/script.ts';
import type { Marks } from './source.ts';

export interface SourceMemory {
  marks(): Promise<Marks>;
  keepMark(key: string, mark: string): Promise<void>;
  dropMarks(keys: readonly string[]): Promise<void>;
  /** In the order of the links: whether each is new. */
  areNew(links: readonly LedgerLink[]): Promise<readonly boolean[]>;
  remember(links: readonly LedgerLink[]): Promise<void>;
  /** As if the source had never been read. */
  forget(): Promise<void>;
}

export interface SourceMemoryOptions extends Keyspace {
  /** In the one spelling of source-address.ts. */
  readonly address: string;
  readonly model: string;
}

/** With up to 512 fingerprints in each a bucket is stored without overhead: enough for more than a million. */
const buckets = 4096;

export function createSourceMemory({ redis, prefix, address, model }: SourceMemoryOptions): SourceMemory {
  const base = `${prefix}:source:${hash('sha256', `${model}\n${address}`).slice(0, 20)}`;
  const marksKey = `${base}:lists`;
  const linksKey = `${base}:links:`;
  const unseen = createScript(redis, new URL('./scripts/unseen.lua', import.meta.url));
  const rememberScript = createScript(redis, new URL('./scripts/remember.lua', import.meta.url));
  return {
    marks: async () => new Map(Object.entries(await redis.hgetall(marksKey))),
    async keepMark(key, mark) {
      await redis.hset(marksKey, key, mark);
    },
    async dropMarks(keys) {
      if (keys.length > 0) await redis.hdel(marksKey, ...keys);
    },
    async areNew(links) {
      if (links.length === 0) return [];
      const values = links.flatMap(({ id }) => [id, ...fingerprint(id)]);
      const letters = String(await unseen([`${linksKey}0`], [prefix, linksKey, ...values]));
      return [...letters].map((letter) => letter === 'n');
    },
    async remember(links) {
      if (links.length === 0) return;
      await rememberScript([`${linksKey}0`], [linksKey, ...links.flatMap(({ id }) => fingerprint(id))]);
    },
    async forget() {
      await redis.unlink(marksKey);
      for (let bucket = 0; bucket < buckets; bucket += 256) {
        const keys = Array.from({ length: 256 }, (_, offset) => `${linksKey}${bucket + offset}`);
        await redis.unlink(...keys);
      }
    },
  };
}

/** 75 bits of the id's hash: two of a million links share them with a chance of 1 in 10^11. */
function fingerprint(id: string): [bucket: string, value: string] {
  const digest = hash('sha256', id, 'buffer');
  return [String(digest.readUInt16BE(8) % buckets), String(digest.readBigInt64BE(0))];
}
