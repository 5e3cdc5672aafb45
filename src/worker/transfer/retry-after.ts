/**
 * `Retry-After` of a result host, in both its forms. Pure. A date is read against the answer's own `Date`
 * where there is one, because the two clocks may disagree.
 */

/** A host that asks for more than this is asked again anyway: its address will have expired by then. */
const MAX_RETRY_AFTER_MS = 60 * 60_000;

export function parseRetryAfterMs(
  headers: Readonly<Record<string, string>>,
  nowMs: number,
): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - serverNow(headers, nowMs);
  return waitMs > 0 ? Math.min(waitMs, MAX_RETRY_AFTER_MS) : undefined;
}

function serverNow(headers: Readonly<Record<string, string>>, nowMs: number): number {
  const date = Date.parse(headers['date'] ?? '');
  return Number.isNaN(date) ? nowMs : date;
}
