/**
 * What the vendor's answer to an upload means. Pure; called by the vendor client. Shapes: `data.downloadUrl` of the
 * documentation.
 */
import { openReply, type Refused, refusalReply } from './refusal-reply.ts';
import type { RawReply, UploadReply } from './replies.ts';
import { isHttpUrl, readFields } from './reply-body.ts';

/** Codes that speak of the file: malformed, too large, of a wrong type, refused by its content. */
const codesOfTheFile = [400, 413, 415, 422];

/** Parses the answer to an upload. Never throws. */
export function parseUploadReply(raw: RawReply): UploadReply {
  const opened = openReply(raw);
  if (!opened.ok) return refusal(opened, raw);
  const fields = readFields(opened.data);
  const url = [fields['downloadUrl'], fields['fileUrl'], fields['url']].find(isHttpUrl);
  if (url !== undefined) return { kind: 'uploaded', url };
  return { kind: 'retry', sent: true, warn: true, message: 'Code 200 without an address' };
}

function refusal({ rule, code, message }: Refused, raw: RawReply): UploadReply {
  return codesOfTheFile.includes(code) ? { kind: 'refused', message } : refusalReply(rule, message, raw);
}
