/**
 * What a person can do with whole batches, on the side of Redis: each function is one script over a bounded
 * number of items, so that Redis answers others within milliseconds, and safe to repeat. The loops over a million
 * items are the producer's (src/producer).
 */
import { z } from 'zod';
import type { Keyspace } from '../redis/keyspace.ts';
import { type FieldName, fieldNames, fields, type Item, packRow, usualFile } from './item.ts';
import { packInputs } from './item-inputs.ts';
import { ledgerKeys } from './keys.ts';
import { ledgerScript } from './ledger-script.ts';
import type { FailureReason } from './states.ts';

export interface CancelledItems {
  /** 0 at the end of the batch. */
  readonly looked: number;
  readonly cancelled: number;
  /** Of the cancelled ones: the vendor had a paid task, whose result is not collected. */
  readonly abandoned: number;
  readonly collecting: number;
  /** With an open create call: cancelled if it returns without a task, else collected. */
  readonly calling: number;
  /** Another batch lists them too, and they continue there. */
  readonly left: number;
}

export interface RetriedItems {
  readonly looked: number;
  readonly queued: number;
  readonly checkAgain: readonly string[];
  readonly downloadAgain: readonly string[];
}

export interface RemovedItems {
  readonly looked: number;
  readonly removed: number;
  readonly kept: number;
  /** Unix milliseconds: when the first ended one of those that were kept ended; null when none has. */
  readonly firstKeptEndedAt: number | null;
}

/** What another ledger knew of an item; the url is empty when it follows from the id. */
export type ImportedItem = Omit<
  Item,
  | 'batch'
  | 'otherBatches'
  | 'model'
  | 'excusedTasks'
  | 'billedFailures'
  | 'spareTasks'
  | 'chargedCredits'
  | 'estimate'
>;

/** Unix milliseconds; null: none. */
export interface EndedBefore {
  readonly saved: number | null;
  readonly failed: number | null;
}

export type BatchOperations = ReturnType<typeof createBatchOperations>;

/** Reasons of failures after which a paid task may still produce a video. */
const collectable: readonly FailureReason[] = ['download-failed', 'result-invalid', 'task-timeout'];

/** Whether a retry of such a failure reads its task again, instead of paying for another. */
export function isCollectable(reason: string): boolean {
  return collectable.some((each) => each === reason);
}

const numbers6 = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]);
const retriedReply = z.tuple([z.number(), z.number(), z.array(z.string()), z.array(z.string())]);
const removedReply = z.tuple([
  z.number(),
  z.number(),
  z.number(),
  z.string().transform((text) => (text === '' ? null : Number(text))),
]);

export function createBatchOperations({ redis, prefix }: Keyspace) {
  const keys = ledgerKeys(prefix);
  const script = (name: string) => ledgerScript(redis, name);
  const scripts = {
    stop: script('stop-batch'),
    hold: script('hold-batch'),
    cancel: script('cancel-items'),
    sieve: script('sieve-backlog'),
    retry: script('retry-items'),
    remove: script('remove-items'),
    delete: script('delete-batch'),
    import: script('import-items'),
  };
  const pausedKey = `${prefix}:paused`;

  async function stop(name: string, how: 'pause' | 'cancel'): Promise<void> {
    await scripts.stop([keys.batch(name), keys.rotation], [name, how]);
  }

  return {
    ping: () => redis.ping(),
    /** None of its waiting links is submitted until `resume`; tasks at the vendor are collected. */
    pause: (name: string) => stop(name, 'pause'),
    /** Like `pause`; items that return from a create call without a task are cancelled. */
    beginCancel: (name: string) => stop(name, 'cancel'),
    async resume(name: string): Promise<void> {
      await scripts.hold([keys.batch(name), keys.backlog(name), keys.rotation], [name, 'release']);
    },
    /** Nothing of any batch is submitted until `resumeAll`. */
    async pauseAll(): Promise<void> {
      await redis.set(pausedKey, '1');
    },
    async resumeAll(): Promise<void> {
      await redis.del(pausedKey);
    },
    async isAllPaused(): Promise<boolean> {
      return (await redis.exists(pausedKey)) === 1;
    },
    /** @param weight a batch of weight 3 gets three turns where others get one */
    async setPriority(name: string, weight: number): Promise<void> {
      await redis.hset(keys.batch(name), 'weight', String(weight));
    },

    async cancelItems(name: string, from: number, most: number, abandon: boolean): Promise<CancelledItems> {
      const reply = await scripts.cancel(
        [keys.batch(name), keys.items(name), keys.counts, keys.active, keys.atGate, keys.rotation],
        [prefix, name, from, most, abandon ? '1' : ''],
      );
      const [looked, cancelled, abandoned, collecting, calling, left] = numbers6.parse(reply);
      return { looked, cancelled, abandoned, collecting, calling, left };
    },

    /** Removes ids that no longer wait from the backlog. Returns how many were checked, 0 at the end. */
    async sieveBacklog(name: string, most: number): Promise<number> {
      const reply = await scripts.sieve([keys.batch(name), keys.backlog(name)], [prefix, name, most]);
      return z.number().parse(reply);
    },
    backlogLength: (name: string) => redis.llen(keys.backlog(name)),

    async retryItems(
      name: string,
      from: number,
      most: number,
      reason?: FailureReason,
    ): Promise<RetriedItems> {
      const reply = await scripts.retry(
        [keys.batch(name), keys.items(name), keys.counts, keys.active, keys.rotation],
        [prefix, from, most, reason ?? '', collectable.join(',')],
      );
      const [looked, queued, checkAgain, downloadAgain] = retriedReply.parse(reply);
      return { looked, queued, checkAgain, downloadAgain };
    },

    /** Continues through the batch's list; the caller checks as many items as there were at the beginning. */
    async removeItems(name: string, most: number, ended: EndedBefore): Promise<RemovedItems> {
      const reply = await scripts.remove(
        [keys.batch(name), keys.items(name), keys.counts, keys.remembered],
        [prefix, name, most, ended.saved ?? '', ended.failed ?? ''],
      );
      const [looked, removed, kept, firstKeptEndedAt] = removedReply.parse(reply);
      return { looked, removed, kept, firstKeptEndedAt };
    },
    /** Imports items as described; known items do not change. */
    async importItems(
      name: string,
      items: readonly ImportedItem[],
    ): Promise<{ imported: number; known: number }> {
      const root = (await redis.hget(keys.batch(name), 'root')) ?? '';
      const reply = await scripts.import(
        [
          keys.batch(name),
          keys.items(name),
          keys.backlog(name),
          keys.counts,
          keys.batches,
          keys.rotation,
          keys.active,
        ],
        [prefix, name, ...items.map((item) => packImported(item, usualFile(root, name, item.id)))],
      );
      const [imported, known] = z.tuple([z.number(), z.number()]).parse(reply);
      return { imported, known };
    },
    itemCount: (name: string) => redis.llen(keys.items(name)),
    /** False when it lists items. */
    async deleteBatch(name: string): Promise<boolean> {
      const reply = await scripts.delete(
        [keys.batch(name), keys.items(name), keys.backlog(name), keys.batches, keys.rotation],
        [name],
      );
      return reply === 1;
    },
  };
}

/** In the form of import-items.lua: only what is set, and instants as in the record. */
function packImported(item: ImportedItem, usual: string): string {
  const after = (at: number | null) => (at === null ? null : at - item.enqueuedAt);
  const values: Readonly<Partial<Record<FieldName, string | number | null>>> = {
    state: item.state,
    url: item.url || null,
    reason: item.reason,
    message: item.message,
    taskIds: item.taskIds.join(',') || null,
    attempts: item.attempts || null,
    possiblyPaidTwice: item.possiblyPaidTwice || null,
    creditsSpent: item.creditsSpent || null,
    file: item.file === usual ? null : item.file,
    bytes: item.bytes,
    row: packRow(item.row) || null,
    enqueuedAt: item.enqueuedAt,
    submittedAt: after(item.submittedAt),
    completedAt: after(item.completedAt),
    savedAt: after(item.savedAt),
  };
  const stored: Record<string, string> = {};
  for (const name of fieldNames) {
    const value = values[name] ?? null;
    if (value !== null) stored[fields[name]] = String(value);
  }
  return JSON.stringify([item.id, item.sha256 ?? '', stored, packInputs(item.inputs, null)]);
}
