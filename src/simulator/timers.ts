/**
 * Timers that end with the simulator: every timer is registered here, and close() clears them all, so that nothing
 * fires after the server has closed and no timer keeps the process alive.
 */

export interface Timers {
  /** Settles after the given time; never, when the simulator closes first. */
  wait(ms: number): Promise<void>;
  after(ms: number, action: () => void): void;
  close(): void;
}

/** Node fires longer timers at once; a task this far in the future outlives any simulator. */
const longestMs = 2 ** 31 - 1;

export function createTimers(): Timers {
  const pending = new Set<NodeJS.Timeout>();
  let closed = false;

  function after(ms: number, action: () => void): void {
    if (closed || ms > longestMs) return;
    const timer = setTimeout(() => {
      pending.delete(timer);
      action();
    }, ms);
    pending.add(timer);
  }
  return {
    after,
    wait: (ms) => (ms > 0 ? new Promise((resolve) => after(ms, resolve)) : Promise.resolve()),
    close() {
      closed = true;
      for (const timer of pending) clearTimeout(timer);
      pending.clear();
    },
  };
}
