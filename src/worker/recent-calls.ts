/**
 * The create calls of this process in the last minutes, with their tasks. A Redis that fails over, or restarts from its
 * disk, may have lost its last second. The submit stage checks here before it treats a link as unpaid or an answer as
 * lost, and after each restart of Redis all calls are compared with the ledger (forgotten-calls.ts). Kept in memory,
 * bounded, and on disk (call-journal.ts).
 */
import type { Clock } from '../shared/clock.ts';
import type { CostEstimate, Item } from '../shared/ledger/item.ts';
import type { CallJournal } from './call-journal.ts';

export interface RecentCall {
  readonly attempts: number;
  readonly possiblyPaidTwice: number;
  /** What was reserved for it. */
  readonly price: CostEstimate | 'unknown';
  /** Null: not answered yet, or the answer was lost. */
  readonly taskId: string | null;
  readonly at: number;
}

type CalledItem = Pick<Item, 'id' | 'attempts' | 'possiblyPaidTwice'>;

export interface RecentCalls {
  /** A call is about to begin. */
  note(item: CalledItem, price: RecentCall['price']): void;
  /** It leaves when this has resolved. */
  leaves(itemId: string): Promise<void>;
  /** It has made this task. */
  made(item: CalledItem, taskId: string): void;
  /** It has certainly made none. */
  unpaid(itemId: string): void;
  /** The task that the item's last call has made. */
  taskOf(itemId: string): string | null;
  /** Those of the last milliseconds, by item. */
  since(ms: number): readonly (readonly [string, RecentCall])[];
}

const keptMs = 10 * 60_000;
const mostCalls = 50_000;

export function createRecentCalls(clock: Clock, journal: CallJournal): RecentCalls {
  /** Oldest first. */
  const calls = new Map<string, RecentCall>();

  function set(
    { id, attempts, possiblyPaidTwice }: CalledItem,
    of: Pick<RecentCall, 'taskId' | 'price'>,
  ): void {
    calls.delete(id);
    calls.set(id, { attempts, possiblyPaidTwice, ...of, at: clock.now() });
    forgetOld();
  }
  function forgetOld(): void {
    for (const [itemId, { at }] of calls) {
      if (calls.size <= mostCalls && clock.now() - at < keptMs) return;
      calls.delete(itemId);
    }
  }

  return {
    note: (item, price) => set(item, { taskId: null, price }),
    async leaves(itemId) {
      const call = calls.get(itemId);
      if (call !== undefined) await journal.write(itemId, call);
    },
    made(item, taskId) {
      set(item, { taskId, price: 'unknown' });
      const call = calls.get(item.id);
      if (call !== undefined) journal.note(item.id, call, false);
    },
    unpaid(itemId) {
      const call = calls.get(itemId);
      if (call !== undefined) journal.note(itemId, call, true);
      calls.delete(itemId);
    },
    taskOf: (itemId) => calls.get(itemId)?.taskId ?? null,
    since: (ms) => [...calls].filter(([, { at }]) => clock.now() - at <= ms),
  };
}
