/**
 * The vendor's answers: counts of create calls and polls by outcome, and the time to the first byte. Counted by
 * workers, shown on the page of the gates and in `/metrics`. One hash with at most about 150 fields that only grow; the
 * events of a minute are the difference of two readings. A count that Redis did not accept is lost, without other
 * effects.
 */
import type { Keyspace } from '../redis/keyspace.ts';
import type { GateOperation } from './halt-reasons.ts';

export const callOutcomes = ['ok', 'throttled', 'halted', 'server-error', 'no-answer'] as const;
export type CallOutcome = (typeof callOutcomes)[number];

export interface VendorCall {
  readonly operation: GateOperation;
  readonly outcome: CallOutcome;
  /** From the request's leaving to the head of the answer; null without an answer. */
  readonly firstByteMs: number | null;
}

/** Numbers by field: `submit:ok`, and `submit:first-byte:BUCKET`. */
export type VendorCallCounts = ReadonlyMap<string, number>;

const keyOf = (prefix: string) => `${prefix}:vendor-calls`;
/** Calls are sent to Redis together, so counting costs it next to nothing. */
const flushEveryMs = 2000;
/** Bounds of the buckets are a quarter of an octave apart: a quantile is true to 9 %. */
const bucketsAnOctave = 4;
/** About a minute. */
const lastBucket = 64;

export interface VendorCallCounter {
  count(call: VendorCall): void;
  /** Sends what is not sent yet. */
  close(): Promise<void>;
}

export function createVendorCallCounter({ redis, prefix }: Keyspace): VendorCallCounter {
  let pending = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    if (pending.size > 0) {
      const pipeline = redis.pipeline();
      for (const [field, by] of pending) pipeline.hincrby(keyOf(prefix), field, by);
      pending = new Map();
      await pipeline.exec().catch(() => undefined);
    }
    timer = undefined;
    if (pending.size > 0) wait();
  }

  /** While one is running (Redis may be away), no second one starts. */
  function wait(): void {
    timer ??= setTimeout(flush, flushEveryMs).unref();
  }

  const add = (field: string) => pending.set(field, (pending.get(field) ?? 0) + 1);
  return {
    count({ operation, outcome, firstByteMs }) {
      add(`${operation}:${outcome}`);
      if (firstByteMs !== null) add(`${operation}:first-byte:${bucketOf(firstByteMs)}`);
      wait();
    },
    async close() {
      clearTimeout(timer);
      await flush();
      clearTimeout(timer);
    },
  };
}

export async function readVendorCalls({ redis, prefix }: Keyspace): Promise<VendorCallCounts> {
  const fields = await redis.hgetall(keyOf(prefix));
  return new Map(Object.entries(fields).map(([field, value]) => [field, Number(value)]));
}

export interface CallSummary {
  readonly calls: number;
  readonly outcomes: Readonly<Record<CallOutcome, number>>;
  /** Milliseconds; null without an answer. */
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
}

/** What was counted between two readings. Pure. */
export function callsBetween(
  before: VendorCallCounts,
  after: VendorCallCounts,
  operations: readonly GateOperation[],
): CallSummary {
  const grown = (field: string) =>
    operations.reduce((sum, operation) => {
      const name = `${operation}:${field}`;
      return sum + Math.max(0, (after.get(name) ?? 0) - (before.get(name) ?? 0));
    }, 0);
  const outcomes = { ok: 0, throttled: 0, halted: 0, 'server-error': 0, 'no-answer': 0 };
  for (const outcome of callOutcomes) outcomes[outcome] = grown(outcome);
  const buckets = Array.from({ length: lastBucket + 1 }, (_, bucket) => grown(`first-byte:${bucket}`));
  return {
    calls: Object.values(outcomes).reduce((sum, number) => sum + number, 0),
    outcomes,
    medianMs: quantile(buckets, 0.5),
    p95Ms: quantile(buckets, 0.95),
  };
}

function bucketOf(ms: number): number {
  return Math.min(lastBucket, Math.max(0, Math.round(bucketsAnOctave * Math.log2(Math.max(1, ms)))));
}

function quantile(buckets: readonly number[], share: number): number | null {
  const wanted = buckets.reduce((sum, number) => sum + number, 0) * share;
  if (wanted === 0) return null;
  let seen = 0;
  const bucket = buckets.findIndex((number) => {
    seen += number;
    return seen >= wanted;
  });
  return Math.round(2 ** (bucket / bucketsAnOctave));
}
