/** A ledger whose records are given as they lie in Redis: what one call makes of them. */
import type { Redis } from 'ioredis';
import { ledgerKeys } from '../../../src/shared/ledger/keys.ts';
import { createLedger } from '../../../src/shared/ledger/ledger.ts';
import { redisPrefix } from '../../setup/redis.ts';

/** Null: the field is absent. */
export type Fields = Readonly<Record<string, string | number | null>>;

export interface GivenRecords {
  readonly batches?: Readonly<Record<string, Fields>>;
  /** Ids in the batches' backlogs; these batches are in the rotation, in this order. */
  readonly backlogs?: Readonly<Record<string, readonly string[]>>;
  readonly items?: Readonly<Record<string, Fields>>;
}

export type GivenLedger = Awaited<ReturnType<typeof ledgerWith>>;

export async function ledgerWith(redis: Redis, { batches = {}, backlogs = {}, items = {} }: GivenRecords) {
  const prefix = redisPrefix();
  const keys = ledgerKeys(prefix);
  for (const [name, fields] of Object.entries(batches))
    await redis.hset(keys.batch(name), present({ model: 'm', root: '/', ...fields }));
  for (const [id, fields] of Object.entries(items))
    await redis.hset(keys.item(id), present({ e: 0, ...fields }));
  for (const [index, [name, ids]] of Object.entries(backlogs).entries()) {
    await redis.rpush(keys.backlog(name), ...ids);
    await redis.zadd(keys.rotation, index / 1000, name);
  }
  const fieldsOf = async (key: string, like: Fields): Promise<Fields> => {
    const names = Object.keys(like);
    const values = names.length === 0 ? [] : await redis.hmget(key, ...names);
    return Object.fromEntries(names.map((name, index) => [name, readable(values[index] ?? null)]));
  };
  return {
    prefix,
    keys,
    ledger: createLedger({ redis, prefix, shareUrl: () => null }),
    /** The fields that are expected, as they are. */
    batchLike: (name: string, like: Fields) => fieldsOf(keys.batch(name), like),
    itemLike: (id: string, like: Fields) => fieldsOf(keys.item(id), like),
  };
}

function present(fields: Fields): Record<string, string | number> {
  const entries = Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  return Object.fromEntries(entries);
}

function readable(value: string | null): string | number | null {
  return value !== null && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
