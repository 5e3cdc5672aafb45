/**
 * What the vendor's answer to a balance query means. Pure; called by the vendor client for `doctor`, the
 * estimate before a batch, and the probes of account halts.
 */
import { accountRule, type Rule, statusRule } from './code-rules.ts';
import { refusalReply } from './refusal-reply.ts';
import type { CreditsReply, RawReply } from './replies.ts';
import { describeRaw, messageOf, readEnvelope, readNumber } from './reply-body.ts';

/** Reads the answer to a balance query. Never throws, whatever came. */
export function parseCreditsReply(raw: RawReply): CreditsReply {
  const envelope = readEnvelope(raw.bodyText);
  if (envelope === null) return refusal(statusRule(raw.httpStatus), describeRaw(raw), raw);
  const code = envelope.code ?? raw.httpStatus;
  if (code !== 200) return refusal(accountRule(code, envelope.message), messageOf(envelope, code), raw);
  const credits = readNumber(envelope.data);
  return credits === null || !Number.isFinite(credits)
    ? { kind: 'retry', sent: true, warn: true, message: 'Code 200 without a balance' }
    : { kind: 'credits', credits, ...skewOf(raw) };
}

/** The header is cut to the second. */
function skewOf({ headers, receivedAtMs = Number.NaN }: RawReply): { aheadMs?: number } {
  const date = Date.parse(String(headers['date']));
  const aheadMs = receivedAtMs - (date + 500);
  return Number.isNaN(aheadMs) ? {} : { aheadMs };
}

function refusal(rule: Rule, message: string, raw: RawReply): CreditsReply {
  switch (rule.kind) {
    case 'throttled':
    case 'halt':
    case 'retry':
      return refusalReply(rule, message, raw);
    case 'unknown-task':
    case 'reject':
    case 'ambiguous':
      return { kind: 'retry', sent: true, warn: true, message };
    default:
      return rule satisfies never;
  }
}
