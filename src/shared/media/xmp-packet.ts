/**
 * Writes the XMP packet of a result, and merges it with an existing one. Pure text in, text out; called by the XMP box.
 * Our terms have their own namespace, so that they never collide, and are repeated in the standard properties that
 * readers look for. Invariant: everything in the earlier packet is kept word for word, except a DigitalSourceType, of
 * which there can be only one.
 */
import { DIGITAL_SOURCE_TYPE, type Disclosure } from './disclosure.ts';

const NAMESPACES = {
  Iptc4xmpExt: 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
  dc: 'http://purl.org/dc/elements/1.1/',
  xmp: 'http://ns.adobe.com/xap/1.0/',
  kiebatch: 'urn:kie-batch:disclosure:1.0/',
} as const;

const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';

/** A new packet, for a file without one. */
export function writePacket(disclosure: Disclosure): string {
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    `<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="${escapeXml(disclosure.tool)}">`,
    `<rdf:RDF xmlns:rdf="${RDF}">`,
    describe('', ownProperties(disclosure, '')),
    '</rdf:RDF>',
    '</x:xmpmeta>',
    '<?xpacket end="r"?>',
  ].join('\n');
}

/**
 * The earlier packet with our description added, or undefined if it cannot be read safely (no RDF element, another
 * encoding): the caller then writes a separate one.
 */
export function mergePacket(earlier: string, disclosure: Disclosure): string | undefined {
  const closing = [...earlier.matchAll(/<\/(?:[\w.-]+:)?RDF\s*>/g)].at(-1);
  if (closing === undefined || earlier.includes('\uFFFD')) return undefined;
  const kept = withoutReplaced(earlier.slice(0, closing.index));
  const about = /\babout\s*=\s*"([^"<]*)"/.exec(kept)?.[1] ?? '';
  const description = describe(about, ownProperties(disclosure, kept));
  return `${kept}${description}\n${earlier.slice(closing.index)}`;
}

/** Our own words out of a packet, undefined where it carries none. */
export function readOwnWords(packet: string): { readonly link: string; readonly taskId: string } | undefined {
  const link = ownWord(packet, 'SourceLink');
  const taskId = ownWord(packet, 'TaskId');
  return link === undefined || taskId === undefined ? undefined : { link, taskId };
}

function describe(about: string, properties: readonly string[]): string {
  const namespaces = Object.entries(NAMESPACES).map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`);
  const opening = `<rdf:Description xmlns:rdf="${RDF}" rdf:about="${about}" ${namespaces.join(' ')}>`;
  return [opening, ...properties, '</rdf:Description>'].join('\n');
}

function ownProperties(disclosure: Disclosure, earlier: string): string[] {
  const standard = [
    ['dc:source', disclosure.link],
    ['xmp:CreatorTool', disclosure.tool],
  ] as const;
  return [
    element('Iptc4xmpExt:DigitalSourceType', DIGITAL_SOURCE_TYPE),
    ...standard.filter(([name]) => !hasProperty(earlier, name)).map(([name, value]) => element(name, value)),
    element('kiebatch:SourceLink', disclosure.link),
    element('kiebatch:TaskId', disclosure.taskId),
    element('kiebatch:Model', disclosure.model),
    element('kiebatch:Tool', disclosure.tool),
  ];
}

/** As an element or as an attribute, both of which RDF allows. */
function hasProperty(packet: string, name: string): boolean {
  return new RegExp(`[<\\s]${name}[\\s=>/]`).test(packet);
}

/**
 * Removes the source type and our earlier description, because a property may occur only once. The packet comes from
 * outside, so each pattern stops at the next bracket and is linear on any input.
 */
function withoutReplaced(packet: string): string {
  return packet
    .replaceAll(/<((?:[\w.-]+:DigitalSourceType)|(?:kiebatch:\w+))(?:\s[^<>]*)?(?:\/>|>[^<]*<\/\1\s*>)/g, '')
    .replaceAll(/\s[\w.-]+:DigitalSourceType\s*=\s*(?:"[^"<]*"|'[^'<]*')/g, '');
}

function element(name: string, value: string): string {
  return `<${name}>${escapeXml(value)}</${name}>`;
}

function ownWord(packet: string, name: string): string | undefined {
  const found = new RegExp(`<kiebatch:${name}>([^<]*)</kiebatch:${name}>`).exec(packet);
  return found?.[1] === undefined ? undefined : unescapeXml(found[1]);
}

/** Characters that XML 1.0 cannot carry at all are dropped rather than making the packet unreadable. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&');
}
