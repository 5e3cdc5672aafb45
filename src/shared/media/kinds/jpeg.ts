/**
 * JPEG (ITU-T T.81, annex B): segments from SOI to EOI, with a frame and at least one scan. What cameras put
 * after EOI is passed over. The label is an APP1 segment (XMP specification part 3, 1.1.3) among the first.
 */
import { type FoundXmp, labelEdit, type MediaFacts } from '../label.ts';
import { fail, type Input, mustFit, type Parsing, pass, scanTo, take } from '../stream-parser.ts';

const XMP_NAME = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1');
const MAX_PACKET_BYTES = 65_533 - XMP_NAME.length;

const [SOI, EOI, SOS, APP0, APP1] = [0xd8, 0xd9, 0xda, 0xe0, 0xe1];

interface Segment {
  readonly code: number;
  readonly at: number;
  readonly bytes: number;
  readonly data: Buffer;
}

export function* walkJpeg(input: Input): Parsing<MediaFacts> {
  yield* take(2, 'its start');
  let xmp: FoundXmp | undefined;
  let labelAt = 2;
  let [hasFrame, hasScan] = [false, false];
  for (let code = yield* readMarker(); code !== EOI; ) {
    const segment = yield* readSegment(input, code);
    if (isFrame(code)) hasFrame = mustHaveSize(segment);
    if (comesFirst(segment) && segment.at === labelAt) labelAt += segment.bytes;
    xmp = xmpIn(segment) ?? xmp;
    if (code === SOS) hasScan = true;
    code = code === SOS ? yield* passScan() : yield* readMarker();
  }
  if (!hasFrame || !hasScan) fail('has no image data');
  yield* pass(Number.POSITIVE_INFINITY, '');
  const place = { earlier: xmp, at: labelAt, wrap: xmpSegment, mostBytes: MAX_PACKET_BYTES };
  return { kind: 'jpeg', xmp, labelEdits: (disclosure) => [labelEdit(place, disclosure)] };
}

/** 0xff, as often as the writer liked, then a code. */
function* readMarker(): Parsing<number> {
  if ((yield* take(1, 'a marker')).readUInt8(0) !== 0xff)
    fail('has something else where a segment should begin');
  return yield* readCode();
}

function* readCode(): Parsing<number> {
  for (;;) {
    const code = (yield* take(1, 'a marker')).readUInt8(0);
    if (code !== 0xff) return code;
  }
}

function* readSegment(input: Input, code: number): Parsing<Segment> {
  const at = input.position - 2;
  if (code === SOI || code < 0xc0 || isRestart(code)) fail(`a marker of code ${code} at ${at}`);
  const length = (yield* take(2, 'a segment')).readUInt16BE(0);
  if (length < 2) fail(`a segment of ${length} bytes at ${at}, smaller than its own header`);
  mustFit(input, at + 2 + length, `the segment at ${at}`);
  return { code, at, bytes: 2 + length, data: yield* take(length - 2, 'a segment') };
}

/** Entropy-coded data, with its stuffed bytes and restart markers. @returns the code of the marker after it */
function* passScan(): Parsing<number> {
  for (;;) {
    yield* scanTo(0xff, 'its image data');
    yield* take(1, 'its image data');
    const code = yield* readCode();
    if (code !== 0 && !isRestart(code)) return code;
  }
}

function isRestart(code: number): boolean {
  return code >= 0xd0 && code <= 0xd7;
}

/** SOF0 to SOF15 but the three of these codes that mean something else. */
function isFrame(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
}

/** A height of 0 is allowed: it then follows the first scan. */
function mustHaveSize({ data }: Segment): true {
  if (data.length < 6 || data.readUInt16BE(3) === 0) fail('has no width');
  return true;
}

/** JFIF and Exif must be before everything else. */
function comesFirst({ code, data }: Segment): boolean {
  return code === APP0 || (code === APP1 && data.toString('latin1', 0, 5) === 'Exif\0');
}

function xmpIn({ code, at, bytes, data }: Segment): FoundXmp | undefined {
  if (code !== APP1 || !data.subarray(0, XMP_NAME.length).equals(XMP_NAME)) return undefined;
  return { packet: data.subarray(XMP_NAME.length), at, bytes };
}

function xmpSegment(packet: Buffer): Buffer {
  const header = Buffer.from([0xff, APP1, 0, 0]);
  header.writeUInt16BE(2 + XMP_NAME.length + packet.length, 2);
  return Buffer.concat([header, XMP_NAME, packet]);
}
