/**
 * The only step from text to link, for a line, a cell, a JSON string and an address on a page. A text with exactly one
 * unambiguous link is accepted. A text without a link, with several, or with something that only resembles one is
 * refused, because a wrong link is a paid task. Pure; linear in the length of the text.
 */
import { isAscii } from 'node:buffer';
import { identifyLink } from '../../shared/models/identify-link.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';

export type Found =
  | { readonly kind: 'link'; readonly link: string }
  /** `none` means that the text has nothing like a link in it, `other` that it links to something else. */
  | { readonly kind: 'none' | 'other' | 'several' | 'unusable'; readonly reason: string };

export type LinkFinder = (text: string) => Found;

interface Reading {
  readonly links: ReadonlyMap<string, string>;
  readonly unusable?: string | undefined;
  readonly other?: string | undefined;
}

const NO_LINK = 'no link here';
const NOT_DECODED = 'the link has characters that could not be decoded; save the list as UTF-8';
const INVISIBLE = 'the link has invisible characters inside; remove them';
const CARRIES = 'the link contains another link; use only the link of the video';
const COMMA = 'it is unclear whether the comma belongs to the link; write %2C if it does';

// What no link holds unescaped: blanks, controls, quotes and brackets of any language, and Chinese punctuation.
const INSIDE = /[^\s\p{C}\p{Pi}\p{Pf}<>"`{}|\\^„‚、。，；：！？「」『』【】《》〈〉（）［］…\ufffd]*/uy;
const INSIDE_ASCII = /[!#-;=?-[\]_a-z~]*/iy;
// Between two letters of a link these mean that it was damaged. After a link they mean nothing.
const DAMAGED = /^(?:(?!\s)[\p{C}\ufffd])+[\w%/]/u;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  quot: '"',
  apos: "'",
  lt: '<',
  gt: '>',
  nbsp: ' ',
};
const VIDEO_FILE = /\.(?:mp4|m4v|mov|webm|mkv|avi|mpe?g|3gp|wmv)$/i;
const MAX_CARRIED_DEPTH = 3;

export function linkFinder(model: ModelDefinition): LinkFinder {
  const { hosts, share } = model.link;
  const names = hosts === 'any' ? [] : hosts.map((host) => host.replaceAll('.', '\\.'));
  // A known host needs no scheme; neither does `www.`.
  const bare = ['www\\.', ...names.map((name) => `${name}/`)].join('|');
  const starts = new RegExp(`https?://|(?<![\\w.@%/-])(?:${bare})`, 'gi');
  const known = new RegExp(`^(?:https?://)?(?:www\\.)?(${names.join('|')})(?::443)?(?=[/?#]|$)`, 'i');
  const prefix = share === undefined || hosts === 'any' ? undefined : `https://${hosts[0]}${share.path}`;
  const afterId = new RegExp(`^(https://[^/]+${share?.path}[\\w-]+/*)[,;:!*'()[\\]&]`);

  function normalized(raw: string, before: string): string {
    const text = trimmed(raw, before);
    if (hosts === 'any') return /^www\./i.test(text) ? `https://${text}` : text;
    const link = text.replace(known, (_, host: string) => `https://${host.toLowerCase()}`);
    return (share === undefined ? undefined : afterId.exec(link)?.[1]) ?? link;
  }

  /** Every link of a text, by the id of its item: the same video twice is one. */
  function read(text: string, depth: number): Reading {
    const readings = candidatesIn(
      text,
      [...text.matchAll(starts)].map(({ index }) => index),
    ).map(([start, end]): Reading => {
      const damage = damageAt(text, end);
      if (damage !== undefined) return { links: new Map(), unusable: damage };
      return readOne(normalized(text.slice(start, end), text.slice(Math.max(0, start - 200), start)), depth);
    });
    return {
      links: new Map(readings.flatMap(({ links }) => [...links])),
      unusable: readings.find(({ unusable }) => unusable !== undefined)?.unusable,
      other: readings.find(({ other }) => other !== undefined)?.other,
    };
  }

  /** Why a link that ends here may be only the start of one. */
  function damageAt(text: string, end: number): string | undefined {
    const rest = text.slice(end, end + 20);
    const isUndecoded = /^[\ufffd\p{Cs}]/u.test(rest);
    if (!DAMAGED.test(rest) && !(isUndecoded && hosts === 'any')) return undefined;
    return isUndecoded ? NOT_DECODED : INVISIBLE;
  }

  function readOne(given: string, depth: number): Reading {
    const link = hosts === 'any' ? withoutRest(given) : given;
    if (link === undefined) return { links: new Map(), unusable: COMMA };
    const identified = identifyLink(model, link);
    const carried = depth < MAX_CARRIED_DEPTH ? carriedBy(link).map((text) => read(text, depth + 1)) : [];
    const inner = new Map(carried.flatMap(({ links }) => [...links]));
    if (!identified.ok) {
      if (inner.size > 0) return { links: inner };
      return { links: inner, [isMeant(link) ? 'unusable' : 'other']: identified.reason };
    }
    const own = new Map([[identified.id, link]]);
    return hosts === 'any' && inner.size > 0 ? plainOf(own, inner) : { links: own };
  }

  /** A link that is no link to a video: was it meant as one? */
  function isMeant(link: string): boolean {
    return hosts === 'any' || share === undefined || (prefix !== undefined && link.startsWith(prefix));
  }

  return (text) => {
    if (prefix !== undefined && text.startsWith(prefix) && share?.idPattern.test(text.slice(prefix.length)))
      return { kind: 'link', link: text };
    const { links, unusable, other } = read(decoded(text), 0);
    if (unusable !== undefined) return { kind: 'unusable', reason: unusable };
    const [first, second] = links.values();
    if (second !== undefined) return { kind: 'several', reason: severalReason(links.size) };
    if (first !== undefined) return { kind: 'link', link: first };
    return other === undefined ? { kind: 'none', reason: NO_LINK } : { kind: 'other', reason: other };
  };
}

/** Start and end of each text that may be a link; one in another's path or query is part of it. */
function candidatesIn(text: string, starts: readonly number[]): [start: number, end: number][] {
  const inside = isAscii(Buffer.from(text)) ? INSIDE_ASCII : INSIDE;
  const candidates: [number, number][] = [];
  let end = 0;
  for (const start of starts) {
    if (start < end && !isOfItsOwn(text, start)) continue;
    const last = candidates.at(-1);
    if (last !== undefined && start < end) last[1] = start;
    inside.lastIndex = start;
    end = start + (inside.exec(text)?.[0].length ?? 0);
    candidates.push([start, end]);
  }
  return candidates;
}

function isOfItsOwn(text: string, start: number): boolean {
  const before = text.charAt(start - 1);
  return /^http/i.test(text.slice(start, start + 4)) ? !/[=/]/.test(before) : /[,;]/.test(before);
}

function severalReason(count: number): string {
  return `${count === 2 ? 'two' : count} links on one line; put each on its own line`;
}

function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:([a-z]{2,4})|#(\d{1,6})|#x([\da-f]{1,5}));/gi, (whole, name, decimal, hex) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal));
  });
}

const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[' };

/** Without the punctuation after a link in a sentence, and the brackets around it. */
function trimmed(raw: string, before: string): string {
  let end = raw.length;
  const open: string[] = [];
  for (let at = 0; at < raw.length && end === raw.length; at += 1) {
    const opener = CLOSERS[raw.charAt(at)];
    if ('(['.includes(raw.charAt(at))) open.push(raw.charAt(at));
    else if (opener !== undefined && open.pop() !== opener && isOpen(before, opener, raw.charAt(at)))
      end = at;
  }
  const closing = before.endsWith('_') ? /[.,;:!?'*~([_]/ : /[.,;:!?'*~([]/;
  while (closing.test(raw.charAt(end - 1)) || isUnbalanced(raw, end)) end -= 1;
  return raw.slice(0, end);
}

function isOpen(before: string, opener: string, closer: string): boolean {
  return before.lastIndexOf(opener) > before.lastIndexOf(closer);
}

function isUnbalanced(raw: string, end: number): boolean {
  const opener = CLOSERS[raw.charAt(end - 1)];
  return opener !== undefined && !raw.slice(0, end - 1).includes(opener);
}

/** For a model that accepts any host: the link of a row such as `https://…/a.mp4,title`; undefined if unclear. */
function withoutRest(link: string): string | undefined {
  const [path = '', query = ''] = link.split(/(?=[?#])(.*)/s);
  const [first = '', ...rest] = path.split(/[,;]/);
  if (rest.length === 0) return link;
  if (VIDEO_FILE.test(first)) return VIDEO_FILE.test(path) ? undefined : first;
  return VIDEO_FILE.test(path) ? path + query : undefined;
}

/** What redirect pages and archives carry: links in the parameters of a link, or behind its path. */
function carriedBy(link: string): string[] {
  if (!/[?]|.http/is.test(link)) return [];
  const url = URL.parse(link);
  if (url === null) return [];
  const inPath = /\/(https?:\/\/.*)$/is.exec(link.slice('https://'.length))?.[1];
  return [...url.searchParams.values(), inPath ?? ''].filter((text) => /[./]/.test(text));
}

/** A link with another inside is plain where exactly one of them is a video file by its name. */
function plainOf(own: Reading['links'], inner: Reading['links']): Reading {
  const [isOwnFile, isInnerFile] = [own, inner].map((links) => [...links.values()].every(isVideoFile));
  if (isOwnFile === isInnerFile) return { links: new Map(), unusable: CARRIES };
  return { links: isOwnFile ? own : inner };
}

export function isVideoFile(link: string): boolean {
  return VIDEO_FILE.test(URL.parse(link)?.pathname ?? '');
}

/** Whether text may contain a link of some model: distinguishes a header from a row. */
export function mayHoldLink(text: string): boolean {
  return /https?:\/\/|www\.|[a-z0-9-]\.[a-z]{2,}\/|file:|\.(?:mp4|m4v|mov|webm|mkv)$/i.test(text);
}
