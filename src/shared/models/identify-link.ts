/**
 * Whether a model accepts a link, and its id: called by the producer for every line of every list. Pure, never throws,
 * for any string. Two links to the same video get the same id. An id is safe as a file name and as a job id (letters
 * first, no ':', and different ids differ in more than case).
 */
import { createHash } from 'node:crypto';
import type { Inputs } from './input-spec.ts';
import type { ModelDefinition } from './model-definition.ts';
import { canonicalInputs } from './resolve-inputs.ts';

/** `id` is the item's, `url` the link as the vendor gets it: as given, trimmed. */
export type IdentifiedLink = { ok: true; id: string; url: string } | { ok: false; reason: string };

const SAFE_ID = /^[a-z][a-z0-9_-]{0,99}$/;
/** 80 bits: two of a million links share an id with a chance of 1 in 10^12. */
const HASH_HEX_LENGTH = 20;

/**
 * Returns the item's id if `model` accepts `link`, else a reason that a person can act on.
 * @param inputs what differs from the model's defaults, from `resolveInputs`: the same video with another prompt is
 * another item; without any, the id is that of the link
 */
export function identifyLink(model: ModelDefinition, link: string, inputs: Inputs = {}): IdentifiedLink {
  const url = link.trim();
  const reason = refuseText(model, url);
  if (reason !== null) return { ok: false, reason };
  const parsed = URL.parse(url);
  if (parsed === null) return { ok: false, reason: 'this is not a link: it cannot be read as a URL' };
  const authorityReason = refuseAuthority(model, authorityOf(url), parsed);
  if (authorityReason !== null) return { ok: false, reason: authorityReason };
  const shareId = shareIdOf(model, parsed);
  if (model.link.share === undefined)
    return { ok: true, id: hashedId(model, canonicalUrl(model, parsed), inputs), url };
  if (shareId === null) return { ok: false, reason: `this is not a link to a video: ${example(model)}` };
  const isPlain = canonicalInputs(inputs) === NO_INPUTS;
  return { ok: true, id: isPlain ? shareId : hashedId(model, shareId, inputs), url };
}

/** The id of a local video: it depends on its content, not on its place or name. */
export function contentId(model: ModelDefinition, sha256: string, inputs: Inputs = {}): string {
  return hashedId(model, `sha256:${sha256}`, inputs);
}

/** Whether it can be the id of a link or a file, other than a share link. */
export function isHashedId(id: string): boolean {
  return new RegExp(`^h[0-9a-f]{${HASH_HEX_LENGTH}}$`).test(id);
}

function refuseText(model: ModelDefinition, url: string): string | null {
  const { maxLength } = model.link;
  if (url === '') return 'the link is empty';
  if (url.length > maxLength) return `the link is longer than ${maxLength} characters`;
  // Checked before parsing, because the parser would quietly drop tabs and turn backslashes.
  if (/[\s\p{Cc}\\]/u.test(url)) return 'the link contains a space, a backslash or a control character';
  if (/^http:\/\/[^/?#]/i.test(url))
    return model.takesHttp ? null : `http is not accepted: ${example(model)}`;
  if (!/^https:\/\/[^/?#]/i.test(url)) return `this is not an https link: ${example(model)}`;
  return null;
}

/**
 * Hosts are compared in the given text, not as parsed: what the vendor receives must show the host that was checked,
 * without user@, escapes or similar-looking letters.
 */
function refuseAuthority(model: ModelDefinition, authority: string, parsed: URL): string | null {
  if (authority.includes('@')) return 'a user name or password in a link is not accepted';
  const { hosts } = model.link;
  const host = authority.toLowerCase().replace(/:443$/, '');
  if (hosts !== 'any' && !hosts.includes(host)) {
    return `this links to another host: ${example(model)}`;
  }
  return parsed.hostname === '' ? 'the link has no host' : null;
}

function authorityOf(url: string): string {
  return url.slice(url.indexOf('//') + 2).split(/[/?#]/, 1)[0] ?? '';
}

function example(model: ModelDefinition): string {
  const { hosts, share } = model.link;
  const starts = hosts === 'any' ? ['https://'] : hosts.map((host) => `https://${host}${share?.path ?? '/'}`);
  return `a link must start with ${starts.join(' or ')}`;
}

const NO_INPUTS = '{}';

function hashedId(model: ModelDefinition, video: string, inputs: Inputs): string {
  const given = canonicalInputs(inputs);
  const named = given === NO_INPUTS ? [model.id, video] : [model.id, video, given];
  const digest = createHash('sha256').update(named.join('\n')).digest('hex');
  return `h${digest.slice(0, HASH_HEX_LENGTH)}`;
}

function canonicalUrl(model: ModelDefinition, parsed: URL): string {
  return `${parsed.protocol}//${parsed.host}${withoutTrailingSlashes(parsed.pathname)}${canonicalQuery(model, parsed.searchParams)}`;
}

/** The part of a share link that names the video, or null for any other page: nothing else is ever paid. */
function shareIdOf(model: ModelDefinition, parsed: URL): string | null {
  const { share } = model.link;
  if (share === undefined || !parsed.pathname.startsWith(share.path)) return null;
  const id = withoutTrailingSlashes(parsed.pathname.slice(share.path.length));
  return share.idPattern.test(id) && SAFE_ID.test(id) ? id : null;
}

function canonicalQuery(model: ModelDefinition, parameters: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const [name, value] of parameters) {
    if (!isIgnored(model.link.ignoredParameters, name)) kept.append(name, value);
  }
  kept.sort();
  return kept.size === 0 ? '' : `?${kept}`;
}

function isIgnored(patterns: readonly string[], name: string): boolean {
  const lower = name.toLowerCase();
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? lower.startsWith(pattern.slice(0, -1)) : lower === pattern,
  );
}

/** A loop instead of a pattern: `/+$` takes quadratic time on a long run of slashes. */
function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}
