/**
 * PNG (W3C, third edition): every chunk with its checksum, from IHDR to IEND. The label is an `iTXt` chunk
 * with the keyword that the XMP specification gives it, put before the image data.
 */
import { crc32 } from 'node:zlib';
import { type FoundXmp, labelEdit, MAX_XMP_BYTES, type MediaFacts } from '../label.ts';
import { fail, type Input, mustFit, type Parsing, pass, take } from '../stream-parser.ts';

const SIGNATURE_BYTES = 8;
const IHDR_BYTES = 25;
const MAX_CHUNK_BYTES = 2 ** 31 - 1;
const XMP_START = Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1');
const XMP_KEYWORD = XMP_START.subarray(0, 18);

interface Chunk {
  readonly type: string;
  readonly at: number;
  readonly bytes: number;
  readonly data: Buffer;
}

export function* walkPng(input: Input): Parsing<MediaFacts> {
  yield* take(SIGNATURE_BYTES, 'its signature');
  mustBeHeader(yield* readChunk(input));
  let xmp: FoundXmp | undefined;
  let hasData = false;
  for (;;) {
    const chunk = yield* readChunk(input);
    if (chunk.type === 'IEND') break;
    if (chunk.type === 'IDAT') hasData = true;
    xmp = xmpIn(chunk) ?? xmp;
  }
  if (!hasData) fail("has no image data ('IDAT')");
  yield* pass(Number.POSITIVE_INFINITY, '');
  const place = { earlier: xmp, at: SIGNATURE_BYTES + IHDR_BYTES, wrap: textChunk };
  return { kind: 'png', xmp, labelEdits: (disclosure) => [labelEdit(place, disclosure)] };
}

function* readChunk(input: Input): Parsing<Chunk> {
  const at = input.position;
  const head = yield* take(8, 'a chunk header');
  const [length, type] = [head.readUInt32BE(0), head.toString('latin1', 4)];
  if (!/^[A-Za-z]{4}$/.test(type) || length > MAX_CHUNK_BYTES)
    fail(`no chunk but ${JSON.stringify(type)} at ${at}`);
  mustFit(input, at + 12 + length, `the '${type}' chunk at ${at}`);
  let checksum = crc32(head.subarray(4));
  const isHeld = (type === 'iTXt' && length <= MAX_XMP_BYTES) || (type === 'IHDR' && length === 13);
  const data = isHeld ? yield* take(length, `'${type}'`) : Buffer.alloc(0);
  if (isHeld) checksum = crc32(data, checksum);
  else
    yield* pass(length, `'${type}'`, (bytes) => {
      checksum = crc32(bytes, checksum);
    });
  const stored = (yield* take(4, `'${type}'`)).readUInt32BE(0);
  if (stored !== checksum) fail(`the '${type}' chunk at ${at} has a wrong checksum`);
  return { type, at, bytes: 12 + length, data };
}

function mustBeHeader({ type, data }: Chunk): void {
  if (type !== 'IHDR' || data.length !== 13) fail("does not begin with 'IHDR'");
  if (data.readUInt32BE(0) === 0 || data.readUInt32BE(4) === 0) fail('has no width or no height');
}

/** Language and translated keyword may be there; a compressed packet is not read. */
function xmpIn({ type, at, bytes, data }: Chunk): FoundXmp | undefined {
  if (type !== 'iTXt' || !data.subarray(0, XMP_KEYWORD.length).equals(XMP_KEYWORD)) return undefined;
  const language = data.indexOf(0, XMP_KEYWORD.length + 2);
  const keyword = language < 0 ? -1 : data.indexOf(0, language + 1);
  const isPlain = data[XMP_KEYWORD.length] === 0 && keyword >= 0;
  return { packet: isPlain ? data.subarray(keyword + 1) : undefined, at, bytes };
}

function textChunk(packet: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from('iTXt'), XMP_START, packet]);
  const chunk = Buffer.alloc(typed.length + 8);
  chunk.writeUInt32BE(typed.length - 4, 0);
  typed.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  return chunk;
}
