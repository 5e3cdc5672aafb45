/**
 * What the vendor's answer to a request for a download link means. Pure; called by the vendor client. A link
 * proves nothing, since the vendor mints them for invented URLs too: only the bytes behind it do.
 */
import { openReply, type Refused, refusalReply } from './refusal-reply.ts';
import type { LinkReply, RawReply } from './replies.ts';
import { isHttpUrl, readFields } from './reply-body.ts';

/** Parses the answer to a request for a download link. Never throws. */
export function parseLinkReply(raw: RawReply): LinkReply {
  const opened = openReply(raw);
  if (!opened.ok) return refusal(opened, raw);
  const fields = readFields(opened.data);
  const url = [opened.data, fields['url'], fields['downloadUrl']].find(isHttpUrl);
  if (url !== undefined) return { kind: 'link', url };
  return { kind: 'no-link', message: 'Code 200 without a link' };
}

/** A missing endpoint, or one that does not accept this URL, stops nothing: there are other ways to the file. */
function refusal({ rule, code, message }: Refused, raw: RawReply): LinkReply {
  const isMissing = rule.kind === 'halt' && rule.reason === 'misconfigured';
  return isMissing || code === 400 || code === 422
    ? { kind: 'no-link', message }
    : refusalReply(rule, message, raw);
}
