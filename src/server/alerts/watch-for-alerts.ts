/**
 * Watches the readings and sends alerts to a webhook. What has been told is kept in Redis, so a restart tells
 * nothing twice and misses nothing; a hook that is away is tried again for some minutes, then the alert is
 * logged as lost.
 */
import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';
import type { Overview } from '../readings/overview.ts';
import { problemsOf } from '../readings/problems.ts';
import type { ServerDeps } from '../server-deps.ts';
import { type AlertFormat, alertBody, alertHeaders, alertSignature } from './alert-message.ts';
import { type Alert, decideAlerts, type Known } from './decide-alerts.ts';

export interface AlertTarget {
  readonly url: string;
  readonly format: AlertFormat;
  /** Null: not signed. */
  readonly key: string | null;
  /** Where people see the pages, without a slash at its end; null when that is not known. */
  readonly baseUrl: string | null;
}

const storedKnown = z.object({
  halts: z.array(z.object({ reason: z.string(), model: z.string().nullable(), since: z.number() })),
  going: z.array(z.string()),
  toldFailing: z.array(z.string()),
  problems: z
    .record(z.string(), z.object({ message: z.string(), since: z.number(), isTold: z.boolean() }))
    .default({}),
});
const nothingKnown: Known = { halts: [], going: [], toldFailing: [], problems: {} };
const timeoutMs = 10_000;
const retries = 6;

/** @returns what is to be handed every reading */
export function watchForAlerts(deps: ServerDeps, target: AlertTarget, failedShare: number) {
  const { redis, prefix, logger } = deps;
  const key = `${prefix}:alerts`;
  return async (overview: Overview): Promise<void> => {
    const stored = await redis.get(key);
    const before = stored === null ? nothingKnown : storedKnown.parse(JSON.parse(stored));
    const { alerts, known } = decideAlerts(
      before,
      { ...overview, problems: problemsOf(overview) },
      failedShare,
    );
    await redis.set(key, JSON.stringify(known));
    for (const alert of alerts) {
      void send(alert, target, deps).catch((error: unknown) =>
        logger.error({ err: error, alert: alert.kind }, 'An alert could not be delivered'),
      );
    }
  };
}

async function send(
  alert: Alert,
  { url, format, key, baseUrl }: AlertTarget,
  { clock }: ServerDeps,
): Promise<void> {
  const body = alertBody(alert, format, clock.now(), baseUrl);
  await pRetry(
    async () => {
      const signature =
        key === null ? {} : { 'x-kie-batch-signature': alertSignature(key, body, clock.now()) };
      const headers = { ...alertHeaders(alert, format), ...signature };
      const signal = AbortSignal.timeout(timeoutMs);
      const answer = await fetch(url, { method: 'POST', body, headers, signal, redirect: 'error' });
      await answer.body?.cancel();
      if (answer.ok) return;
      const refusal = new Error(`the webhook answered ${answer.status}`);
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408)
        throw new AbortError(refusal);
      throw refusal;
    },
    { retries, minTimeout: 1000, factor: 2, randomize: true },
  );
}
