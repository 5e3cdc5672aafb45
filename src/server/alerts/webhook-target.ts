/** Alerts to a webhook: a program, a chat or a topic of ntfy. */
import { type AlertFormat, alertBody, alertHeaders, alertSignature } from './alert-message.ts';
import { AlertRefused, type AlertTarget, alertTimeoutMs } from './alert-target.ts';

export interface Webhook {
  readonly url: string;
  readonly format: AlertFormat;
  /** Null: not signed. */
  readonly key: string | null;
  /** Where people see the pages, without a slash at its end; null when that is not known. */
  readonly baseUrl: string | null;
}

export function webhookTarget({ url, format, key, baseUrl }: Webhook): AlertTarget {
  return {
    name: 'webhook',
    async send(alert, at) {
      const body = alertBody(alert, format, at, baseUrl);
      const signature = key === null ? {} : { 'x-kie-batch-signature': alertSignature(key, body, at) };
      const headers = { ...alertHeaders(alert, format), ...signature };
      const signal = AbortSignal.timeout(alertTimeoutMs);
      const answer = await fetch(url, { method: 'POST', body, headers, signal, redirect: 'error' });
      await answer.body?.cancel();
      if (answer.ok) return;
      const isFinal = answer.status >= 400 && answer.status < 500 && ![408, 429].includes(answer.status);
      const message = `the webhook answered ${answer.status}`;
      throw isFinal ? new AlertRefused(message) : new Error(message);
    },
  };
}
