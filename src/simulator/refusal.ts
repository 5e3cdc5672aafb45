/**
 * How the limit refuses: in the body with HTTP 200 as the vendor mostly does, or as a real HTTP 429 with or without
 * JSON; with or without Retry-After and RateLimit headers, which have not been observed yet.
 */
import type { RateLimit } from '../shared/configuration/values.ts';
import { type Answer, textAnswer, vendorAnswer } from './answer.ts';
import type { Verdict } from './limiters.ts';

export interface RefusalSettings {
  readonly limit: RateLimit;
  readonly refusal: 'body' | 'http' | 'http-text';
  readonly retryAfter: 'none' | 'seconds' | 'date';
  readonly rateLimitHeaders: 'none' | 'ratelimit' | 'x-ratelimit';
}

export function refusalAnswer(retryAfterMs: number, nowMs: number, settings: RefusalSettings): Answer {
  const answer =
    settings.refusal === 'http-text'
      ? textAnswer(429, 'Too Many Requests')
      : vendorAnswer(429, 'Your call frequency is too high', null, settings.refusal === 'http' ? 429 : 200);
  const headers = {
    ...answer.headers,
    ...retryAfterHeader(retryAfterMs, nowMs, settings.retryAfter),
    ...rateLimitHeaders({ admitted: false, retryAfterMs }, settings),
  };
  return { ...answer, headers };
}

function retryAfterHeader(retryAfterMs: number, nowMs: number, form: RefusalSettings['retryAfter']) {
  switch (form) {
    case 'none':
      return {};
    case 'seconds':
      return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
    case 'date':
      // Rounded up: a date in whole seconds must not invite anyone before the slot is free.
      return { 'retry-after': new Date(Math.ceil((nowMs + retryAfterMs) / 1000) * 1000).toUTCString() };
    default:
      return form satisfies never;
  }
}

/** The structured form is draft-ietf-httpapi-ratelimit-headers-10; the X- form is the older custom. */
export function rateLimitHeaders(
  verdict: Verdict,
  { limit, rateLimitHeaders: form }: RefusalSettings,
): Readonly<Record<string, string>> {
  const remaining = verdict.admitted ? verdict.remaining : 0;
  const resetSeconds = Math.ceil((verdict.admitted ? limit.windowMs : verdict.retryAfterMs) / 1000);
  switch (form) {
    case 'none':
      return {};
    case 'ratelimit':
      return {
        'ratelimit-policy': `"default";q=${limit.max};w=${Math.ceil(limit.windowMs / 1000)}`,
        ratelimit: `"default";r=${remaining};t=${resetSeconds}`,
      };
    case 'x-ratelimit':
      return {
        'x-ratelimit-limit': String(limit.max),
        'x-ratelimit-remaining': String(remaining),
        'x-ratelimit-reset': String(resetSeconds),
      };
    default:
      return form satisfies never;
  }
}
