/**
 * Somewhere that alerts go: a webhook or a mail server. A target makes one try; `deliver` repeats it for as long as
 * trying again may help. Used by watch-for-alerts.ts, and by `doctor --test-alert`.
 */
import pRetry, { AbortError } from 'p-retry';
import type { Alert } from './decide-alerts.ts';

export interface AlertTarget {
  readonly name: 'webhook' | 'mail';
  /**
   * One try.
   * @param at Unix milliseconds
   * @throws AlertRefused when another try will not help, any other error when it may
   */
  send(alert: Alert, at: number): Promise<void>;
}

/** The target has understood the alert and refuses it. */
export class AlertRefused extends Error {
  override readonly name = 'AlertRefused';
}

export const alertTimeoutMs = 10_000;

export async function deliver(alert: Alert, target: AlertTarget, now: () => number): Promise<void> {
  await pRetry(
    async () => {
      try {
        await target.send(alert, now());
      } catch (error) {
        throw error instanceof AlertRefused ? new AbortError(error) : error;
      }
    },
    { retries: 6, minTimeout: 1000, factor: 2, randomize: true },
  );
}
