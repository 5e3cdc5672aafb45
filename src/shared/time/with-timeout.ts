/** Waiting with a time limit. */

/**
 * What the promise gives, or `late` once the time is over. The promise is not cancelled; a later rejection is ignored.
 * @throws what the promise rejects with in time
 */
export async function withTimeout<Value, Late>(
  promise: Promise<Value>,
  ms: number,
  late: Late,
): Promise<Value | Late> {
  promise.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<Late>((resolve) => {
    timer = setTimeout(resolve, ms, late);
  });
  try {
    return await Promise.race([promise, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
