/**
 * What the vendor's answer to an upload means. Pure; called by the vendor client. Shapes: `data.downloadUrl` of the
 * documentation.
 */
import { accountRule, type Rule, statusRule } from './code-rules.ts';
import { refusalReply } from './refusal-reply.ts';
import type { RawReply, UploadReply } from './replies.ts';
import { describeRaw, isHttpUrl, messageOf, readEnvelope, readFields } from './reply-body.ts';

/** Codes that speak of the file: malformed, too large, of a wrong type, refused by its content. */
const codesOfTheFile = [400, 413, 415, 422];

/** Reads the answer to an upload. Never throws, whatever came. */
export function parseUploadReply(raw: RawReply): UploadReply {
  const envelope = readEnvelope(raw.bodyText);
  if (envelope === null) return refusal(statusRule(raw.httpStatus), raw.httpStatus, describeRaw(raw), raw);
  const code = envelope.code ?? raw.httpStatus;
  if (code !== 200) {
    return refusal(accountRule(code, envelope.message), code, messageOf(envelope, code), raw);
  }
  const fields = readFields(envelope.data);
  const url = [fields['downloadUrl'], fields['fileUrl'], fields['url']].find(isHttpUrl);
  if (url !== undefined) return { kind: 'uploaded', url };
  return { kind: 'retry', sent: true, warn: true, message: 'Code 200 without an address' };
}

function refusal(rule: Rule, code: number, message: string, raw: RawReply): UploadReply {
  if (codesOfTheFile.includes(code)) return { kind: 'refused', message };
  switch (rule.kind) {
    case 'halt':
    case 'throttled':
    case 'retry':
      return refusalReply(rule, message, raw);
    // An upload is free and may be repeated.
    case 'reject':
    case 'unknown-task':
    case 'ambiguous':
      return { kind: 'retry', sent: true, message };
    default:
      return rule satisfies never;
  }
}
