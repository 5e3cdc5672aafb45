/**
 * What to do with the answer of a result host, before any of its body is read. Pure; called once for each
 * answer. The rules are those of RFC 9110: a 206 continues only where its Content-Range and validator fit
 * what is already here, anything else starts over. Invariant: bytes are only ever appended to bytes of the
 * same representation.
 */
import { readServerHints } from '../../shared/outgoing/server-hints.ts';
import { downloadPolicy } from '../../shared/policy.ts';
import type { SourceIdentity } from '../../shared/storage/storage.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Held {
  readonly identity: SourceIdentity | undefined;
  readonly bytes: number;
}

export type AnswerCourse =
  /** The body is the whole result. */
  | { readonly course: 'receive-all'; readonly identity: SourceIdentity }
  /** The body is the rest of what is here. */
  | { readonly course: 'receive-rest'; readonly identity: SourceIdentity }
  /** Everything is here already. */
  | { readonly course: 'complete' }
  /** What is held cannot be continued: ask again without a range. */
  | { readonly course: 'start-over'; readonly message: string }
  | { readonly course: 'expired'; readonly httpStatus: number }
  /** `host-unavailable`: an error of the host itself, which may concern all results. */
  | {
      readonly course: 'retry' | 'host-unavailable';
      readonly message: string;
      readonly retryAfterMs?: number;
    };

const EXPIRED_STATUSES: ReadonlySet<number> = new Set([403, 404, 410]);

/** A date this much older than the answer cannot hide a second change within the same second. */
const STRONG_DATE_AGE_MS = 60_000;

export function rangeHeaders(held: Held): Readonly<Record<string, string>> {
  const validator = held.identity?.validator;
  if (held.bytes === 0 || validator === undefined) return {};
  return { range: `bytes=${held.bytes}-`, 'if-range': validator };
}

export function judgeAnswer(answer: Answer, held: Held, nowMs: number): AnswerCourse {
  const { status } = answer;
  if (status === 200) return { course: 'receive-all', identity: identityOf(answer.headers) };
  if (status === 206) return judgePartial(answer.headers, held);
  if (status === 416) return judgeUnsatisfied(answer.headers, held);
  if (EXPIRED_STATUSES.has(status)) return { course: 'expired', httpStatus: status };
  const { retryAfterMs } = readServerHints(answer.headers, nowMs);
  const message = `the result host answered HTTP ${status}`;
  return {
    course: status >= 500 || status === 429 ? 'host-unavailable' : 'retry',
    message,
    ...(retryAfterMs !== undefined && {
      retryAfterMs: Math.min(retryAfterMs, downloadPolicy.longestRetryAfterMs),
    }),
  };
}

function judgePartial(headers: Answer['headers'], held: Held): AnswerCourse {
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(headers['content-range'] ?? '');
  if (range === null || held.identity === undefined) return startOver('a 206 without a usable Content-Range');
  const [first, last, total] = [Number(range[1]), Number(range[2]), wholeNumber(range[3])];
  if (first !== held.bytes)
    return startOver(`requested the rest from ${held.bytes}, received it from ${first}`);
  if (total !== undefined && last !== total - 1) return startOver('a 206 that stops before the end');
  const known = held.identity.totalBytes;
  if (known !== undefined && total !== undefined && known !== total) {
    return startOver(`the result had ${known} bytes and has ${total} now`);
  }
  if (etagChanged(headers['etag'], held.identity.validator)) return startOver('the result has changed');
  return { course: 'receive-rest', identity: { ...held.identity, totalBytes: known ?? total } };
}

/** Everything may be here already; if so, the host's own count must say it. */
function judgeUnsatisfied(headers: Answer['headers'], held: Held): AnswerCourse {
  const total = wholeNumber(/^bytes \*\/(\d+)$/i.exec(headers['content-range'] ?? '')?.[1]);
  if (total !== undefined && total === held.bytes) return { course: 'complete' };
  return startOver(`HTTP 416 for the rest from ${held.bytes} of ${total ?? 'an unknown number of'} bytes`);
}

function identityOf(headers: Answer['headers']): SourceIdentity {
  const encoded = headers['transfer-encoding'] !== undefined;
  return {
    validator: strongValidator(headers),
    totalBytes: encoded ? undefined : wholeNumber(headers['content-length']),
  };
}

/** A strong ETag, else a date that is surely strong (RFC 9110, 8.8.2.2), else nothing. */
function strongValidator(headers: Answer['headers']): string | undefined {
  const etag = headers['etag'];
  if (etag !== undefined) return isStrongEtag(etag) ? etag : undefined;
  const modified = headers['last-modified'] ?? '';
  const ageMs = Date.parse(headers['date'] ?? '') - Date.parse(modified);
  return ageMs >= STRONG_DATE_AGE_MS ? modified : undefined;
}

function isStrongEtag(etag: string): boolean {
  return /^"[^"]*"$/.test(etag);
}

function etagChanged(etag: string | undefined, validator: string | undefined): boolean {
  return etag !== undefined && validator !== undefined && isStrongEtag(validator) && etag !== validator;
}

function startOver(message: string): AnswerCourse {
  return { course: 'start-over', message };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
