/**
 * The ledger: one record for every link, the source of truth about what was paid, saved or failed. Producer, worker and
 * server only read and change it through here. Every change is one Lua script that checks the state it comes from,
 * updates the batches' counters and is safe to repeat. Jobs in the queues only wake up workers.
 */
import type { Keyspace } from '../redis/keyspace.ts';
import { readCounts, type StateCounts } from './batch.ts';
import { createBatchRecords } from './batch-records.ts';
import { createHandOut } from './hand-out.ts';
import { usualFile } from './item.ts';
import { createItemReader } from './item-reader.ts';
import { ledgerKeys } from './keys.ts';
import { createMoveItem } from './move-item.ts';
import { createTakeLinks } from './take-links.ts';

export interface LedgerOptions extends Keyspace {
  /** The link that follows from an item id, if one does. */
  readonly shareUrl: (model: string, id: string) => string | null;
}

export type Ledger = ReturnType<typeof createLedger>;

export function createLedger(options: LedgerOptions) {
  const { redis, prefix } = options;
  const keys = ledgerKeys(prefix);
  const { settingsOf, ...batches } = createBatchRecords(options);

  async function counts(): Promise<StateCounts> {
    return readCounts(await redis.hgetall(keys.counts));
  }

  /** What to store as the place of a saved file: null when it is the usual one. */
  async function storedFile(batch: string, id: string, file: string): Promise<string | null> {
    const { root } = await settingsOf(batch);
    return file === usualFile(root, batch, id) ? null : file;
  }

  /** Redis's clock, Unix milliseconds: the one time all processes share. */
  async function now(): Promise<number> {
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  return {
    ...batches,
    ...createItemReader({ ...options, settingsOf }),
    ...createTakeLinks({ ...options, settingsOf }),
    ...createHandOut(options),
    ...createMoveItem(options),
    counts,
    storedFile,
    now,
  };
}
