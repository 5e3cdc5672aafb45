/**
 * Removes, in the background, records that ended longer ago than RETAIN_SAVED_DAYS and RETAIN_FAILED_DAYS. Started with
 * every worker; a claim in Redis allows one of them at a time. A batch is only processed when something in it can be
 * due: its hash has that time.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';
import { type Batch, unfinished } from '../shared/ledger/batch.ts';
import {
  type BatchOperations,
  createBatchOperations,
  type EndedBefore,
} from '../shared/ledger/batch-operations.ts';
import { ledgerKeys } from '../shared/ledger/keys.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { Logger } from '../shared/logging/logger.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import { removeBatch } from './remove-batch.ts';

/** Days; undefined: forever. */
export interface RetentionRules {
  readonly savedDays: number | undefined;
  readonly failedDays: number | undefined;
}

export interface RetentionDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly logger: Logger;
  readonly clock: Clock;
}

const dayMs = 86_400_000;
/** A process that is started for a moment has better things to do. */
const firstAfterMs = 2000;
const everyMs = 600_000;
/** A batch in which links keep ending is not processed in every round. */
const leastRestMs = 3_600_000;
/** Longer than a round over millions of links. */
const claimMs = 1_800_000;
const dueField = 'retentionDue';

/** What has to have ended by when to be forgotten. Pure. */
export function endedBefore({ savedDays, failedDays }: RetentionRules, now: number): EndedBefore {
  const before = (days: number | undefined) => (days === undefined ? null : now - days * dayMs);
  return { saved: before(savedDays), failed: before(failedDays) };
}

/**
 * Whether something in a batch can be due. Pure.
 * @param remembered what `rememberDue` wrote after the last round, under the rules of then
 */
export function mayBeDue(
  batch: Batch,
  remembered: string | null,
  rules: RetentionRules,
  now: number,
): boolean {
  const { counts, createdAt } = batch;
  const { saved, failed } = endedBefore(rules, now);
  const ended =
    (saved === null ? 0 : counts.saved) + (failed === null ? 0 : counts.failed + counts.cancelled);
  // An empty batch that is old enough has lost all its links to earlier rounds.
  const isEmpty =
    ended === 0 && unfinished(counts) + counts.saved + counts.failed + counts.cancelled + counts.held === 0;
  if ((ended === 0 && !isEmpty) || createdAt >= Math.max(saved ?? 0, failed ?? 0)) return false;
  const [ofRules, dueAt] = remembered?.split(' ') ?? [];
  return ofRules !== wordFor(rules) || now >= Number(dueAt);
}

/** Pure. @param firstKeptEndedAt of the links that were kept the one that ended first, if one has */
export function rememberDue(firstKeptEndedAt: number | null, rules: RetentionRules, now: number): string {
  const days = [rules.savedDays, rules.failedDays].filter((each) => each !== undefined);
  const dueAt = Math.max((firstKeptEndedAt ?? now) + Math.min(...days) * dayMs, now + leastRestMs);
  return `${wordFor(rules)} ${dueAt}`;
}

function wordFor({ savedDays, failedDays }: RetentionRules): string {
  return `${savedDays ?? '-'}/${failedDays ?? '-'}`;
}

/** One round over all batches; how many links were forgotten. */
export async function retainOnce(
  rules: RetentionRules,
  deps: RetentionDeps,
  signal?: AbortSignal,
): Promise<number> {
  const { redis, prefix, ledger, clock } = deps;
  const claim = `${prefix}:retention`;
  if ((await redis.set(claim, randomUUID(), 'PX', claimMs, 'NX')) !== 'OK') return 0;
  const operations = createBatchOperations({ redis, prefix });
  let removed = 0;
  try {
    for (const name of await ledger.batchNames()) {
      const batch = await ledger.batch(name);
      const remembered = await redis.hget(ledgerKeys(prefix).batch(name), dueField);
      if (signal?.aborted || batch === null || !mayBeDue(batch, remembered, rules, clock.now())) continue;
      removed += await retainBatch(name, rules, operations, deps, signal);
    }
  } finally {
    await redis.del(claim);
  }
  return removed;
}

async function retainBatch(
  name: string,
  rules: RetentionRules,
  operations: BatchOperations,
  { redis, prefix, clock, logger }: RetentionDeps,
  signal: AbortSignal | undefined,
): Promise<number> {
  const now = clock.now();
  const { removed, firstKeptEndedAt, isGone } = await removeBatch(
    name,
    operations,
    endedBefore(rules, now),
    signal,
  );
  if (!isGone && !signal?.aborted) {
    await redis.hset(ledgerKeys(prefix).batch(name), dueField, rememberDue(firstKeptEndedAt, rules, now));
  }
  if (removed > 0)
    logger.info(
      { batch: name, links: removed, isGone },
      'Removed the records of finished links after their retention time',
    );
  return removed;
}

/** Runs every ten minutes until stopped; does nothing without a setting. */
export function startRetention(rules: RetentionRules, deps: RetentionDeps): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const hasRule = rules.savedDays !== undefined || rules.failedDays !== undefined;
  let timer = hasRule ? setTimeout(run, firstAfterMs) : undefined;

  function run(): void {
    running = retainOnce(rules, deps, stopping.signal)
      .catch((error: unknown) => deps.logger.warn({ err: error }, 'Could not remove old records, retrying'))
      .then(() => {
        if (!stopping.signal.aborted) timer = setTimeout(run, everyMs);
      });
  }

  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
