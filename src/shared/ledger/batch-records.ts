/**
 * The record of a batch: what it is made with, whether its links are handed out, and what it may spend. Its counters
 * are the scripts' to keep.
 */
import type { Keyspace } from '../redis/keyspace.ts';
import { type Batch, BatchError, checkBatchName, readBatch } from './batch.ts';
import { ledgerKeys } from './keys.ts';
import { ledgerScript } from './ledger-script.ts';

export interface FixedSettings {
  readonly model: string;
  /** Where its files lie, a folder or `s3://…`, ending in `/`. */
  readonly root: string;
}

/** Credits of every task; `estimate` if each has its own price, as per second; null if unknown. */
export type AnnouncedPrice = number | 'estimate' | null;

export function createBatchRecords({ redis, prefix }: Keyspace) {
  const keys = ledgerKeys(prefix);
  const holdScript = ledgerScript(redis, 'hold-batch');
  const known = new Map<string, FixedSettings>();

  /** The fixed settings of a batch, read once a process. */
  async function settingsOf(name: string): Promise<FixedSettings> {
    const found = known.get(name);
    if (found) return found;
    const [model, root] = await redis.hmget(keys.batch(name), 'model', 'root');
    const settings = { model: model ?? '', root: root ?? '' };
    if (model) known.set(name, settings);
    return settings;
  }

  /**
   * Makes a batch or joins the one of that name.
   * @param settings.priority turns it gets where others get one; unset: as it is, else 1
   * @param settings.upload its links are uploaded for the vendor, which cannot reach them; unset: as it is
   * @throws BatchError when the name is unusable or belongs to another model
   */
  async function openBatch(
    name: string,
    settings: FixedSettings & {
      readonly priority?: number | undefined;
      readonly upload?: boolean | undefined;
    },
  ): Promise<void> {
    checkBatchName(name);
    await redis.hsetnx(keys.batch(name), 'model', settings.model);
    await redis.hsetnx(keys.batch(name), 'root', settings.root);
    const { model } = await settingsOf(name);
    if (model === settings.model) {
      if (settings.priority !== undefined)
        await redis.hset(keys.batch(name), 'weight', String(settings.priority));
      if (settings.upload === true) await redis.hset(keys.batch(name), 'upload', '1');
      return;
    }
    throw new BatchError(
      `batch "${name}" holds links for the model ${model}; choose another --batch name for ${settings.model}`,
    );
  }

  /** Holds back a batch that has not begun: true when none of its links is handed out until `startBatch`. */
  async function holdBatch(name: string): Promise<boolean> {
    const held = await holdScript([keys.batch(name), keys.backlog(name), keys.rotation], [name, 'hold']);
    return held === 1;
  }

  /** Starts a batch that is held back; one that a person has paused stays paused. */
  async function startBatch(name: string): Promise<void> {
    await holdScript([keys.batch(name), keys.backlog(name), keys.rotation], [name, 'start']);
  }

  /**
   * The budget of a batch, including what it has spent. The last value counts.
   * @param price the expected price of each task; null if it differs or is unknown
   */
  async function setBudget(name: string, budget: number, price: number | null): Promise<void> {
    await redis.hset(keys.batch(name), 'budget', String(budget));
    if (price === null) await redis.hdel(keys.batch(name), 'price');
    else await redis.hset(keys.batch(name), 'price', String(price));
  }

  /** The announced price of a task; a higher price pauses the batch. */
  async function announcePrice(name: string, price: AnnouncedPrice): Promise<void> {
    await redis.hdel(keys.batch(name), 'agreed', 'announced');
    if (price !== null) await redis.hset(keys.batch(name), 'announced', String(price));
  }

  /** For batches whose price no person confirms: the first announced price is valid until a person accepts another. */
  async function announceFirstPrice(name: string, price: NonNullable<AnnouncedPrice>): Promise<void> {
    await redis.hsetnx(keys.batch(name), 'announced', String(price));
  }

  /** Whether each task's price is estimated before it is made: for a budget, or because that was announced. */
  async function wantsEstimates(name: string): Promise<boolean> {
    const [budget, announced] = await redis.hmget(keys.batch(name), 'budget', 'announced');
    return budget !== null || announced === 'estimate';
  }

  async function budgetOf(name: string): Promise<number | null> {
    const budget = await redis.hget(keys.batch(name), 'budget');
    return budget === null ? null : Number(budget);
  }

  /** Whether the vendor gets an upload in the place of a link that is in these batches. */
  async function uploadsLinks(names: readonly string[]): Promise<boolean> {
    const marks = await Promise.all(names.map((name) => redis.hget(keys.batch(name), 'upload')));
    return marks.includes('1');
  }

  async function batch(name: string): Promise<Batch | null> {
    return readBatch(name, await redis.hgetall(keys.batch(name)));
  }

  async function batchNames(): Promise<string[]> {
    return redis.zrange(keys.batches, '0', '-1');
  }

  /** Batches that have links to hand out and are not paused, the next one first. */
  async function waitingBatches(count: number): Promise<string[]> {
    return redis.zrange(keys.rotation, '0', String(count - 1));
  }

  return {
    settingsOf,
    openBatch,
    holdBatch,
    startBatch,
    setBudget,
    announcePrice,
    announceFirstPrice,
    wantsEstimates,
    budgetOf,
    uploadsLinks,
    batch,
    batchNames,
    waitingBatches,
  };
}
