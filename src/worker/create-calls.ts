/**
 * The create calls of this process, from before they are recorded until the answer is applied. The submit stage uses it
 * to see whose call an item in `submitting` is. When the worker stops, it waits for the open calls, because an aborted
 * create call may have been paid.
 */
import { withTimeout } from '../shared/time/with-timeout.ts';

export interface CreateCall extends Disposable {
  /** The call leaves now. @returns false when it must not: the worker has stopped and waits for it no longer */
  sending(): boolean;
  answered(): void;
  /** What the answer means for the item is recorded, and is not that it may have been paid. */
  applied(): void;
}

export interface CreateCalls {
  /** @returns null when the item has one already, or when the worker is stopping */
  begin(itemId: string): CreateCall | null;
  has(itemId: string): boolean;
  /** Whether the last call of the item left, and no answer was applied that says what became of it. */
  wasSent(itemId: string): boolean;
  open(): number;
  /** Aborted when no more calls begin. */
  readonly stopping: AbortSignal;
  /**
   * Begins no more calls.
   * @param unsentMs how long calls that are not sent yet may take: while Redis is away they are never sent
   * @returns when the open calls are answered; each ends within the vendor client's timeout
   */
  drain(unsentMs: number): Promise<void>;
}

export function createCreateCalls(): CreateCalls {
  const items = new Set<string>();
  const open = new Map<string, 'unsent' | 'sent'>();
  const sent = new Set<string>();
  const stopping = new AbortController();
  const [noneOpen, noneSent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isClosed = false;
  const countSent = () => [...open.values()].filter((state) => state === 'sent').length;
  const settleIfIdle = () => {
    if (stopping.signal.aborted && open.size === 0) noneOpen.resolve();
    if (isClosed && countSent() === 0) noneSent.resolve();
  };
  return {
    begin(itemId) {
      if (stopping.signal.aborted || items.has(itemId)) return null;
      items.add(itemId);
      open.set(itemId, 'unsent');
      const answered = () => {
        open.delete(itemId);
        settleIfIdle();
      };
      sent.delete(itemId);
      return {
        sending() {
          if (isClosed) return false;
          sent.add(itemId);
          open.set(itemId, 'sent');
          return true;
        },
        answered,
        applied: () => sent.delete(itemId),
        [Symbol.dispose]() {
          items.delete(itemId);
          answered();
        },
      };
    },
    has: (itemId) => items.has(itemId),
    wasSent: (itemId) => sent.has(itemId),
    open: countSent,
    stopping: stopping.signal,
    async drain(unsentMs) {
      stopping.abort();
      settleIfIdle();
      await withTimeout(noneOpen.promise, unsentMs, null);
      isClosed = true;
      settleIfIdle();
      await noneSent.promise;
    },
  };
}
