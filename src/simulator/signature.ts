/**
 * The vendor's signature of callbacks: it proves the task id and the time, not the body.
 */
import { createHmac } from 'node:crypto';

export interface SignatureHeaders {
  readonly 'X-Webhook-Timestamp': string;
  readonly 'X-Webhook-Signature': string;
}

export function signCallback(taskId: string, nowMs: number, key: string): SignatureHeaders {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = createHmac('sha256', key).update(`${taskId}.${timestamp}`).digest('base64');
  return { 'X-Webhook-Timestamp': timestamp, 'X-Webhook-Signature': signature };
}
