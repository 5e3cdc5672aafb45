/**
 * What the vendor's answer to a request for a download link means. Pure; called by the vendor client. A link
 * proves nothing, since the vendor mints them for invented URLs too: only the bytes behind it do.
 */
import { accountRule, type Rule, statusRule } from './code-rules.ts';
import { refusalReply } from './refusal-reply.ts';
import type { LinkReply, RawReply } from './replies.ts';
import { describeRaw, isHttpUrl, messageOf, readEnvelope, readFields } from './reply-body.ts';

/** Reads the answer to a request for a download link. Never throws, whatever came. */
export function parseLinkReply(raw: RawReply): LinkReply {
  const envelope = readEnvelope(raw.bodyText);
  if (envelope === null) return refusal(statusRule(raw.httpStatus), raw.httpStatus, describeRaw(raw), raw);
  const code = envelope.code ?? raw.httpStatus;
  if (code !== 200) {
    return refusal(accountRule(code, envelope.message), code, messageOf(envelope, code), raw);
  }
  const fields = readFields(envelope.data);
  const url = [envelope.data, fields['url'], fields['downloadUrl']].find(isHttpUrl);
  if (url !== undefined) return { kind: 'link', url };
  return { kind: 'no-link', message: 'Code 200 without a link' };
}

/** That the endpoint is missing, or does not take this URL, stops nothing: there are other ways to the file. */
function refusal(rule: Rule, code: number, message: string, raw: RawReply): LinkReply {
  if (code === 400 || code === 404 || code === 422) return { kind: 'no-link', message };
  switch (rule.kind) {
    case 'halt':
      return rule.reason === 'misconfigured' || rule.reason === 'model-paused'
        ? { kind: 'no-link', message }
        : refusalReply(rule, message, raw);
    case 'throttled':
    case 'retry':
      return refusalReply(rule, message, raw);
    case 'reject':
    case 'unknown-task':
    case 'ambiguous':
      return { kind: 'no-link', message };
    default:
      return rule satisfies never;
  }
}
