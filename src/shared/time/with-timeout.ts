/** Waiting with a time limit. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What the promise gives, or `late` once the time is over. The promise is not cancelled; a later rejection is ignored.
 * @throws what the promise rejects with in time
 */
export async function withTimeout<Value, Late>(
  promise: Promise<Value>,
  ms: number,
  late: Late,
): Promise<Value | Late> {
  const timer = new AbortController();
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, sleep(ms, late, { signal: timer.signal }).catch(() => late)]);
  } finally {
    timer.abort();
  }
}
