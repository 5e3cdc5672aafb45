/**
 * The create calls of this process: from before the intent is recorded until the answer is applied. The submit
 * stage asks it whose call an item in `submitting` is; the worker waits for the open ones when it stops, because a
 * create call that is cut off may have been paid.
 */
export interface CreateCall extends Disposable {
  /** The call leaves now. */
  sending(): void;
  /** The vendor has answered, or the call has failed. */
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
  /** Calls without an answer. */
  open(): number;
  /** Aborted when no more calls begin. */
  readonly stopping: AbortSignal;
  /** Begins no more. @returns when the open ones have been answered; each ends within the vendor client's timeout */
  drain(): Promise<void>;
}

export function createCreateCalls(): CreateCalls {
  const items = new Set<string>();
  const unanswered = new Set<string>();
  const sent = new Set<string>();
  const stopping = new AbortController();
  const idle = Promise.withResolvers<void>();
  const settleIfIdle = () => {
    if (stopping.signal.aborted && unanswered.size === 0) idle.resolve();
  };
  return {
    begin(itemId) {
      if (stopping.signal.aborted || items.has(itemId)) return null;
      items.add(itemId);
      unanswered.add(itemId);
      const answered = () => {
        unanswered.delete(itemId);
        settleIfIdle();
      };
      sent.delete(itemId);
      return {
        sending: () => sent.add(itemId),
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
    open: () => unanswered.size,
    stopping: stopping.signal,
    async drain() {
      stopping.abort();
      settleIfIdle();
      await idle.promise;
    },
  };
}
