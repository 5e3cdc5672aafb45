/**
 * Dresses the rules that mean the same in every call as replies. Pure; used by the parsers of all calls.
 */
import { readServerHints } from '../outgoing/server-hints.ts';
import { accountRule, type RefusalRule, statusRule } from './code-rules.ts';
import type { Halt, RawReply, Retry, Throttled } from './replies.ts';
import { describeRaw, messageOf, readEnvelope } from './reply-body.ts';

/** Of calls that make no task and ask for no record: what a success carries, or which rule its refusal falls under. */
export type OpenedReply = { readonly ok: true; readonly data: unknown } | Refused;
export interface Refused {
  readonly ok: false;
  readonly rule: RefusalRule;
  readonly code: number;
  readonly message: string;
}

export function openReply(raw: RawReply): OpenedReply {
  const envelope = readEnvelope(raw.bodyText);
  if (envelope === null) {
    const code = raw.httpStatus;
    return { ok: false, rule: statusRule(code), code, message: describeRaw(raw) };
  }
  const code = envelope.code ?? raw.httpStatus;
  if (code === 200) return { ok: true, data: envelope.data };
  return { ok: false, rule: accountRule(code, envelope.message), code, message: messageOf(envelope, code) };
}

/** The reply for a refusal; `raw` gives the limit headers. */
export function refusalReply(rule: RefusalRule, message: string, raw: RawReply): Throttled | Halt | Retry {
  if (rule.kind === 'halt') return { kind: 'halt', reason: rule.reason, message };
  if (rule.kind === 'retry') return { kind: 'retry', message, sent: true, ...(rule.warn && { warn: true }) };
  const hints = readServerHints(raw.headers, raw.receivedAtMs);
  const { retryAfterMs } = hints;
  return { kind: 'throttled', message, hints, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
