/**
 * What the vendor can say, as unions: the words in which the stages' decisions are written. Everything
 * unexpected is already folded into one of these when a stage sees it; none of them is ever thrown.
 * `message` and the fail texts are the vendor's words, shortened, on one line and without the API key.
 */
import type { ServerHints } from '../outgoing/server-hints.ts';
import type { RecordOrigin } from './record-origin.ts';

/** Why the account or one model is halted, as far as the vendor's answer shows it. */
export type VendorHaltReason =
  | 'unauthorized'
  | 'no-credits'
  | 'key-limit'
  | 'maintenance'
  | 'model-paused'
  | 'misconfigured';

/** Refused for coming too fast; never queued at the vendor, costs a link no attempt. */
export interface Throttled {
  kind: 'throttled';
  message: string;
  /** Wait at least this long; absent when the vendor gave no time. */
  retryAfterMs?: number;
  hints: ServerHints;
}

/** The account or the model has to wait; no link is at fault. */
export interface Halt {
  kind: 'halt';
  reason: VendorHaltReason;
  message: string;
}

/** Worth another try, a bounded number of times. */
export interface Retry {
  kind: 'retry';
  message: string;
  /** False when not one byte of the request can have left: the gate gets its slot back. */
  sent: boolean;
  /** The vendor said something we know no rule for. */
  warn?: true;
}

export type CreateReply =
  | { kind: 'accepted'; taskId: string; hints: ServerHints }
  | Throttled
  | Halt
  | { kind: 'reject'; reason: 'rejected'; message: string }
  | Retry
  /** May have been created and billed: never blindly repeated. */
  | { kind: 'ambiguous'; message: string };

/** A record that was read. */
interface ReadRecord {
  /** What the task was made with; unset when the record does not say. */
  origin?: RecordOrigin;
}

export interface Succeeded extends ReadRecord {
  kind: 'succeeded';
  urls: string[];
  /** Credits really spent; null when the record does not say. */
  credits: number | null;
  createTimeMs: number | null;
  completeTimeMs: number | null;
}

export interface Failed extends ReadRecord {
  kind: 'failed';
  /** Whether another task for the link is worth it (failed tasks cost nothing). */
  resubmit: boolean;
  /** The failure may turn into success within this time after it was first seen: poll again. */
  graceMs?: number;
  failCode: string;
  failMsg: string;
  /** Credits really spent, 0 as a rule; null when the record does not say. */
  credits: number | null;
  /** The fail code is one we know no rule for. */
  warn?: true;
}

export interface Pending extends ReadRecord {
  kind: 'pending';
  state: string;
  /** Charged at submission and shown while the task runs; null if the record does not show it. */
  credits?: number | null;
  /** An unknown state, or success without a readable result. */
  warn?: true;
}

export type RecordReply =
  | Pending
  | Succeeded
  | Failed
  | { kind: 'unknown-task'; message: string }
  | Throttled
  | Halt
  | Retry;

export type CreditsReply =
  /** `aheadMs`: how far this machine's clock is ahead of the vendor's; unset where the answer has no Date. */
  { kind: 'credits'; credits: number; aheadMs?: number } | Throttled | Halt | Retry;

/** A link to the file behind a result URL, perhaps; or none for this URL. */
export type LinkReply =
  | { kind: 'link'; url: string }
  | { kind: 'no-link'; message: string }
  | Throttled
  | Halt
  | Retry;

export type ProbeReply =
  | { kind: 'live' }
  | { kind: 'paused'; message: string }
  | { kind: 'unknown-model'; message: string }
  /** The model definition has no free probe. */
  | { kind: 'no-probe' }
  | Throttled
  | Halt
  | Retry;

/** One HTTP answer, as far as it was received. */
export interface RawReply {
  httpStatus: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  bodyText: string;
  /** False when the connection ended, or the size bound was reached, before the body's end. Default true. */
  complete?: boolean;
  /** Our clock at reception, Unix milliseconds: what a Retry-After date is measured by without a Date header. */
  receivedAtMs?: number;
}

/** To an upload. `refused` says something of this very file. */
export type UploadReply =
  | { kind: 'uploaded'; url: string }
  | { kind: 'refused'; message: string }
  | Throttled
  | Halt
  | Retry;
