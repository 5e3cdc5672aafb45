/**
 * Dresses the rules that mean the same in every call as replies. Pure; used by the parsers of all calls.
 */
import { readServerHints } from '../outgoing/server-hints.ts';
import type { Rule } from './code-rules.ts';
import type { Halt, RawReply, Retry, Throttled } from './replies.ts';

export type RefusalRule = Extract<Rule, { kind: 'throttled' | 'halt' | 'retry' }>;

/** The reply for a refusal; `raw` gives the limit headers. */
export function refusalReply(rule: RefusalRule, message: string, raw: RawReply): Throttled | Halt | Retry {
  switch (rule.kind) {
    case 'throttled': {
      const hints = readServerHints(raw.headers, raw.receivedAtMs);
      const { retryAfterMs } = hints;
      return {
        kind: 'throttled',
        message,
        hints,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      };
    }
    case 'halt':
      return { kind: 'halt', reason: rule.reason, message };
    case 'retry':
      return { kind: 'retry', message, sent: true, ...(rule.warn ? { warn: true } : {}) };
    default:
      return rule satisfies never;
  }
}
