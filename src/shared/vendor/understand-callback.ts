/**
 * The content of a callback: the id of a task that has ended, and whether the signature is valid. Pure except for the
 * hash. Nothing else in it is used; the outcome of the task is read from its record.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { readTaskIdOfBody } from './callback-body.ts';
import { isSignedBy } from './callback-signature.ts';

export type CallbackMeaning =
  | { readonly kind: 'task-ended'; readonly taskId: string }
  /** The signature is missing, wrong or too old. */
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'unreadable' };

export interface ReceivedCallback {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * @param webhookKey null: callbacks are not signed
 * @param now Unix milliseconds
 */
export function understandCallback(
  { headers, body }: ReceivedCallback,
  webhookKey: string | null,
  now: number,
): CallbackMeaning {
  const taskId = readTaskIdOfBody(body);
  if (taskId === null) return { kind: 'unreadable' };
  const signed = {
    timestamp: firstOf(headers['x-webhook-timestamp']),
    signature: firstOf(headers['x-webhook-signature']),
  };
  if (webhookKey !== null && !isSignedBy(webhookKey, taskId, signed, now)) return { kind: 'unsigned' };
  return { kind: 'task-ended', taskId };
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
