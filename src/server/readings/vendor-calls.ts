import {
  type CallOutcome,
  type CallSummary,
  callsBetween,
  readVendorCalls,
  type VendorCallCounts,
} from '../../shared/gate-state/vendor-calls.ts';
import type { Keyspace } from '../../shared/redis/keyspace.ts';

export interface VendorCallReading {
  /** Of the last minute, or since this server has read for the first time. */
  readonly minute: Readonly<Record<'submit' | 'query' | 'all', CallSummary>>;
  /** Since the beginning, by outcome. */
  readonly total: Readonly<Record<CallOutcome, number>>;
  readonly counts: VendorCallCounts;
}

const minuteMs = 60_000;
const readingEveryMs = 4000;
const nothing: VendorCallCounts = new Map();

export function createVendorCallReader(keyspace: Keyspace, now = () => performance.now()) {
  let earlier: { readonly at: number; readonly counts: VendorCallCounts }[] = [];
  return async (): Promise<VendorCallReading> => {
    const counts = await readVendorCalls(keyspace);
    const at = now();
    earlier = earlier.filter((reading) => at - reading.at <= minuteMs);
    const before = earlier[0]?.counts ?? counts;
    if (at - (earlier.at(-1)?.at ?? -minuteMs) >= readingEveryMs) earlier.push({ at, counts });
    const minute = {
      submit: callsBetween(before, counts, ['submit']),
      query: callsBetween(before, counts, ['query']),
      all: callsBetween(before, counts, ['submit', 'query']),
    };
    return { minute, total: callsBetween(nothing, counts, ['submit', 'query']).outcomes, counts };
  };
}
