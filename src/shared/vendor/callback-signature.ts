/**
 * The vendor's signature of a callback. Pure except for the hash. It proves the task id and the time, not the body:
 * base64(HMAC-SHA256(taskId + "." + timestamp, key)), with the timestamp in Unix seconds.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignatureHeaders {
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** Older ones are replays, or from a wrong clock, which may also be ours. */
const replayWindowMs = 5 * 60_000;

export function isSignedBy(
  key: string,
  taskId: string,
  { timestamp, signature }: SignatureHeaders,
  now: number,
): boolean {
  if (timestamp === undefined || signature === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now - Number(timestamp) * 1000) > replayWindowMs) return false;
  const expected = createHmac('sha256', key).update(`${taskId}.${timestamp}`).digest();
  const given = Buffer.from(signature, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
