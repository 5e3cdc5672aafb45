/**
 * What a server's own headers say about its limit, in all the forms in use: Retry-After, the drafts of
 * the RateLimit fields (one field each, a list in one field, quoted policies) and X-RateLimit. Pure; used for
 * the vendor and for result hosts. Dates are measured against the response's own Date, so a wrong clock here
 * does not matter. What is missing, past or unreadable is left out and never becomes zero: zero would mean "now".
 */

/** Every part is optional: no server says it all. Spans count from the answer on. */
export interface ServerHints {
  /** No request before this. */
  readonly retryAfterMs?: number;
  /** The window is renewed after this. */
  readonly resetAfterMs?: number;
  /** Requests per window; there only together with `windowMs`, since alone it says nothing. */
  readonly limit?: number;
  readonly windowMs?: number;
  /** Requests left at the moment. */
  readonly remaining?: number;
}

/** Header names in lower case; of a repeated header the first counts. */
export type HintHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;
type FlatHeaders = Readonly<Record<string, string | undefined>>;

/** The longest limits documented anywhere are of a day: a longer Retry-After counts as a day, a longer reset as noise. */
const longestMs = 24 * 3_600_000;
/** Below this a reset is a span in seconds, above an instant in seconds, and from `epochMs` on one in milliseconds. */
const epochSeconds = 1e9;
const epochMs = 1e11;

/** Reads the headers of one response; `receivedAtMs` (Unix) replaces a missing Date. */
export function readServerHints(headers: HintHeaders, receivedAtMs?: number): ServerHints {
  const flat = flattened(headers);
  const answeredAtMs = dateMs(flat['date']) ?? receivedAtMs;
  const field = rateLimitFields(flat);
  return {
    ...part('retryAfterMs', bounded(spanMs(flat['retry-after'], answeredAtMs))),
    ...part('resetAfterMs', plausible(spanMs(field.reset, answeredAtMs))),
    ...part('remaining', wholeNumber(field.remaining)),
    ...policy(field.policy),
  };
}

function flattened(headers: HintHeaders): FlatHeaders {
  const first = ([name, value]: [string, HintHeaders[string]]) => [
    name,
    typeof value === 'string' ? value : value?.[0],
  ];
  return Object.fromEntries(Object.entries(headers).map(first));
}

/** A server's own wait is a floor: it is shortened to a day, never ignored for being long. */
function bounded(waitMs: number | undefined): number | undefined {
  return waitMs === undefined ? undefined : Math.min(waitMs, longestMs);
}

function plausible(waitMs: number | undefined): number | undefined {
  return waitMs === undefined || waitMs > longestMs ? undefined : waitMs;
}

interface RateLimitFields {
  readonly reset: string | undefined;
  readonly remaining: string | undefined;
  readonly policy: string | undefined;
}

function rateLimitFields(headers: FlatHeaders): RateLimitFields {
  const combined = headers['ratelimit'];
  return {
    reset:
      parameter(combined, 't') ??
      parameter(combined, 'reset') ??
      headers['ratelimit-reset'] ??
      headers['x-ratelimit-reset-after'] ??
      headers['x-ratelimit-reset'],
    remaining:
      parameter(combined, 'r') ??
      parameter(combined, 'remaining') ??
      headers['ratelimit-remaining'] ??
      headers['x-ratelimit-remaining'],
    policy: headers['ratelimit-policy'] ?? headers['ratelimit-limit'] ?? headers['x-ratelimit-limit'],
  };
}

/** `20;w=10` or `"default";q=20;w=10`, or a list of such: the one with the shortest window paces the requests. */
function policy(value: string | undefined): Pick<ServerHints, 'limit' | 'windowMs'> {
  const policies = (value ?? '').split(',').flatMap((text) => {
    const limit = wholeNumber(parameter(text, 'q') ?? /^\s*(\d+)\s*(?:;|$)/.exec(text)?.[1]);
    const windowMs = plausible(spanMs(parameter(text, 'w') ?? parameter(text, 'window'), undefined));
    return limit && windowMs ? [{ limit, windowMs }] : [];
  });
  return policies.sort((a, b) => a.windowMs - b.windowMs)[0] ?? {};
}

/** The value of `name=…` in a list of parameters separated by semicolons or commas. */
function parameter(value: string | undefined, name: string): string | undefined {
  return new RegExp(`(?:^|[;,])\\s*${name}\\s*=\\s*"?([^;,"]+)`, 'i').exec(value ?? '')?.[1];
}

/** A span in seconds, an instant in seconds or milliseconds since 1970, or a date; as a span in milliseconds. */
function spanMs(value: string | undefined, answeredAtMs: number | undefined): number | undefined {
  const text = value?.trim() ?? '';
  const spanMs = /^\d+(?:\.\d+)?$/.test(text)
    ? numericSpanMs(Number(text), answeredAtMs)
    : (dateMs(text) ?? Number.NaN) - (answeredAtMs ?? Number.NaN);
  return spanMs > 0 ? Math.ceil(spanMs) : undefined;
}

function numericSpanMs(value: number, answeredAtMs: number | undefined): number {
  if (value < epochSeconds) return value * 1000;
  const instantMs = value < epochMs ? value * 1000 : value;
  return instantMs - (answeredAtMs ?? Number.NaN);
}

/** Dates must name a month: Date.parse would also accept `-5` or `3/4`. */
function dateMs(value: string | undefined): number | undefined {
  const atMs = /[a-z]{3}|\d{4}-\d{2}-\d{2}T/i.test(value ?? '') ? Date.parse(value ?? '') : Number.NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}

function wholeNumber(value: string | undefined): number | undefined {
  return /^\s*\d{1,9}\s*$/.test(value ?? '') ? Number(value) : undefined;
}

function part<Name extends keyof ServerHints>(
  name: Name,
  value: number | undefined,
): { [key in Name]?: number } {
  const result: { [key in Name]?: number } = {};
  if (value !== undefined) result[name] = value;
  return result;
}
