/**
 * WebM and Matroska (RFC 8794, RFC 9559): an EBML header, then a segment whose elements fill it, with tracks
 * and at least one cluster. Segments and clusters of unknown size, as live recorders write them, are walked
 * through. There is no place for XMP in it, so the sidecar alone is the label.
 */
import type { MediaFacts } from '../label.ts';
import { fail, type Input, mustFit, type Parsing, pass, take, takeOrEnd } from '../stream-parser.ts';

const [EBML, SEGMENT, TRACKS, CLUSTER, VOID] = [0x1a45dfa3, 0x18538067, 0x1654ae6b, 0x1f43b675, 0xec];

interface Element {
  readonly id: number;
  /** Infinite where it is unknown. */
  readonly dataBytes: number;
}

export function* walkMatroska(input: Input, kind: 'webm' | 'mkv'): Parsing<MediaFacts> {
  const header = yield* readElement(input);
  if (header?.id !== EBML || header.dataBytes > 65_536) fail('has no EBML header of a usual size');
  yield* pass(header.dataBytes, 'its header');
  const seen = new Set<number>();
  let segmentEndsAt = 0;
  // Elements are met as siblings: of what has no size, and of the segment, the insides are walked through.
  for (;;) {
    const element = yield* readElement(input);
    if (element === undefined) break;
    seen.add(element.id);
    if (element.id === SEGMENT) segmentEndsAt = input.position + finite(element.dataBytes);
    mustFit(input, segmentEndsAt, 'the segment');
    if (element.id === SEGMENT) continue;
    if (element.dataBytes !== Number.POSITIVE_INFINITY)
      yield* pass(element.dataBytes, `the element ${element.id.toString(16)}`);
    else if (element.id !== CLUSTER) fail(`the element ${element.id.toString(16)} has no size`);
    if (!seen.has(SEGMENT) && element.id !== VOID) fail('has no segment');
  }
  mustFit(input, segmentEndsAt, 'the segment');
  if (!seen.has(TRACKS)) fail('has no tracks');
  if (!seen.has(CLUSTER)) fail('has no media data (a cluster)');
  return { kind, xmp: undefined, labelEdits: () => [] };
}

function finite(bytes: number): number {
  return bytes === Number.POSITIVE_INFINITY ? 0 : bytes;
}

/** Undefined at the end of the input. */
function* readElement(input: Input): Parsing<Element | undefined> {
  const at = input.position;
  const first = yield* takeOrEnd(1);
  if (first.length === 0) return undefined;
  const idBytes = lengthOf(first.readUInt8(0));
  if (idBytes > 4) fail(`no element but a byte of ${first.readUInt8(0)} at ${at}`);
  const rest = yield* take(idBytes - 1, 'an element header');
  const id = Buffer.concat([first, rest]).readUIntBE(0, idBytes);
  const dataBytes = yield* readSize();
  if (id !== SEGMENT)
    mustFit(input, input.position + finite(dataBytes), `the element ${id.toString(16)} at ${at}`);
  return { id, dataBytes };
}

/** The leading zeros of the first byte say how many bytes there are; all ones in the rest say unknown. */
function* readSize(): Parsing<number> {
  const first = (yield* take(1, 'an element header')).readUInt8(0);
  const length = lengthOf(first);
  if (length > 8) fail('an element with a size of more than 8 bytes');
  let size = first & (0xff >> length);
  let isUnknown = size === 0xff >> length;
  for (const byte of yield* take(length - 1, 'an element header')) {
    size = size * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return isUnknown ? Number.POSITIVE_INFINITY : size;
}

function lengthOf(first: number): number {
  return Math.clz32(first) - 23;
}
