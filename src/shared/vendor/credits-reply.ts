/**
 * What the vendor's answer to a balance query means. Pure; called by the vendor client for `doctor`, the
 * estimate before a batch, and the probes of account halts.
 */
import { openReply, refusalReply } from './refusal-reply.ts';
import type { CreditsReply, RawReply } from './replies.ts';
import { readNumber } from './reply-body.ts';

/** Parses the answer to a balance query. Never throws. */
export function parseCreditsReply(raw: RawReply): CreditsReply {
  const opened = openReply(raw);
  if (!opened.ok) return refusalReply(opened.rule, opened.message, raw);
  const credits = readNumber(opened.data);
  return credits === null
    ? { kind: 'retry', sent: true, warn: true, message: 'Code 200 without a balance' }
    : { kind: 'credits', credits, ...skewOf(raw) };
}

/** The header is cut to the second. */
function skewOf({ headers, receivedAtMs = Number.NaN }: RawReply): { aheadMs?: number } {
  const date = Date.parse(String(headers['date']));
  const aheadMs = receivedAtMs - (date + 500);
  return Number.isNaN(aheadMs) ? {} : { aheadMs };
}
