/**
 * The headers by which a server says how fast it may be called, and how long to wait. Pure; used by the
 * reply parsers. A missing or unreadable time is left out, never turned into zero: zero would mean "now".
 */
import type { LimitHints, RawReply } from './replies.ts';

type Headers = RawReply['headers'];

const HINT_NAME = /^(?:date|retry-after|(?:x-)?ratelimit(?:-.*)?)$/;
const MAX_HINTS = 20;
const MAX_HINT_LENGTH = 200;
/** Longer waits are taken for nonsense: the longest documented cap is a day. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** Picks the limit headers out of a reply. */
export function limitHints(headers: Headers): LimitHints {
  const hints: Record<string, string> = {};
  for (const name of Object.keys(headers)
    .filter((key) => HINT_NAME.test(key))
    .slice(0, MAX_HINTS)) {
    const value = headerValue(headers, name);
    if (value !== undefined) hints[name] = value.slice(0, MAX_HINT_LENGTH);
  }
  return hints;
}

/**
 * Reads Retry-After, in seconds or as a date. A date is measured against the server's own Date header
 * where there is one, so that a wrong clock on this side does not matter.
 */
export function retryAfterMs(headers: Headers, receivedAtMs: number | undefined): number | undefined {
  const value = headerValue(headers, 'retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  const delayMs = /^\d+(?:\.\d+)?$/.test(value)
    ? Math.ceil(Number(value) * 1000)
    : Date.parse(value) - (dateMs(headers) ?? receivedAtMs ?? Number.NaN);
  return delayMs > 0 && delayMs <= MAX_RETRY_AFTER_MS ? delayMs : undefined;
}

function dateMs(headers: Headers): number | undefined {
  const atMs = Date.parse(headerValue(headers, 'date') ?? '');
  return Number.isNaN(atMs) ? undefined : atMs;
}

function headerValue(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
