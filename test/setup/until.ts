/** Waiting for a condition with a deadline, in place of sleeping and hoping. */
import { setTimeout as sleep } from 'node:timers/promises';

const lookEveryMs = 20;

/**
 * Calls `look` until it returns something other than null or false; fails after `deadlineMs` with the description of
 * what was awaited.
 */
export async function until<Result>(
  look: () => Promise<Result | null | false> | Result | null | false,
  what: string,
  deadlineMs = 240_000,
): Promise<Result> {
  const start = performance.now();
  for (;;) {
    const result = await look();
    if (result !== null && result !== false) return result;
    if (performance.now() - start > deadlineMs) throw new Error(`waited ${deadlineMs} ms until ${what}`);
    await sleep(lookEveryMs);
  }
}
