/**
 * RIFF files: WebP (RFC 9649) and WAV. Chunks that fill the size the header gives. The label is a chunk at
 * their end (`XMP ` and `_PMX`), for which the header's size changes; a WebP without the extended header
 * gets one, which says that there is XMP.
 */
import { type Edit, growthOf } from '../edits.ts';
import { type FoundXmp, labelEdit, MAX_XMP_BYTES, type MediaFacts } from '../label.ts';
import { fail, type Input, mustFit, type Parsing, pass, take } from '../stream-parser.ts';

/** Written by encoders that stream and never return to the header. */
const UNKNOWN_SIZE = 0xffffffff;
const MAX_RIFF_BYTES = 0xfffffffe;
const HEADER_BYTES = 12;
/** Enough of a chunk for every header that is read here. */
const START_BYTES = 16;

interface Chunk {
  readonly id: string;
  readonly at: number;
  readonly bytes: number;
  /** Its first bytes, or all of an XMP packet. */
  readonly start: Buffer;
}

interface Riff {
  readonly endsAt: number;
  /** The last chunk or the whole has no size: nothing can follow. */
  readonly isOpen: boolean;
  readonly xmp: FoundXmp | undefined;
}

export function* walkWebp(input: Input): Parsing<MediaFacts> {
  let first: Chunk | undefined;
  let hasImage = false;
  const riff = yield* walkRiff(input, 'XMP ', (chunk) => {
    first ??= chunk;
    hasImage ||= ['VP8 ', 'VP8L', 'ANMF'].includes(chunk.id);
  });
  if (first === undefined || !hasImage) fail('has no image');
  const extended = extendedHeader(first);
  return {
    kind: 'webp',
    xmp: riff.xmp,
    labelEdits: (disclosure) => edits(riff, 'XMP ', disclosure, extended),
  };
}

export function* walkWav(input: Input): Parsing<MediaFacts> {
  const seen = new Map<string, number>();
  const riff = yield* walkRiff(input, '_PMX', ({ id, bytes }) => {
    if (id === 'fmt ' || id === 'data') seen.set(id, bytes - 8);
  });
  if (!seen.has('fmt ')) fail("has no format ('fmt ')");
  if ((seen.get('data') ?? 0) === 0) fail("has no sound ('data')");
  return { kind: 'wav', xmp: riff.xmp, labelEdits: (disclosure) => edits(riff, '_PMX', disclosure, []) };
}

function* walkRiff(input: Input, xmpId: string, visit: (chunk: Chunk) => void): Parsing<Riff> {
  const size = (yield* take(HEADER_BYTES, 'its header')).readUInt32LE(4);
  const isOpen = size === UNKNOWN_SIZE;
  const endsAt = isOpen ? Number.POSITIVE_INFINITY : 8 + size;
  if (!isOpen) mustFit(input, endsAt, 'the file');
  let xmp: FoundXmp | undefined;
  let lastIsOpen = false;
  while (input.position + 8 <= Math.min(endsAt, input.totalBytes) && !lastIsOpen) {
    const chunk = yield* readChunk(input, endsAt, xmpId);
    visit(chunk);
    lastIsOpen = chunk.bytes === Number.POSITIVE_INFINITY;
    if (chunk.id === xmpId) {
      const packet = chunk.start.length === chunk.bytes - 8 ? chunk.start : undefined;
      xmp = { packet, at: chunk.at, bytes: input.position - chunk.at };
    }
  }
  if (!isOpen && !lastIsOpen) yield* pass(endsAt - input.position, 'its chunks');
  yield* pass(Number.POSITIVE_INFINITY, '');
  return { endsAt, isOpen: isOpen || lastIsOpen, xmp };
}

function* readChunk(input: Input, endsAt: number, xmpId: string): Parsing<Chunk> {
  const at = input.position;
  const header = yield* take(8, 'a chunk header');
  const [id, size] = [header.toString('latin1', 0, 4), header.readUInt32LE(4)];
  if (!/^[\x20-\x7e]{4}$/.test(id)) fail(`no chunk but ${JSON.stringify(id)} at ${at}`);
  if (size === UNKNOWN_SIZE && id === 'data') {
    yield* pass(Number.POSITIVE_INFINITY, '');
    return { id, at, bytes: Number.POSITIVE_INFINITY, start: Buffer.alloc(0) };
  }
  mustFit(input, at + 8 + size, `the '${id}' chunk at ${at}`);
  if (at + 8 + size > endsAt) fail(`the '${id}' chunk at ${at} passes the end of the file's own size`);
  const held = id === xmpId && size <= MAX_XMP_BYTES ? size : Math.min(size, START_BYTES);
  const start = yield* take(held, `'${id}'`);
  // An odd chunk has a byte behind it, which some writers leave out at the very end.
  const padded = Math.min(at + 8 + size + (size % 2), endsAt, input.totalBytes);
  yield* pass(padded - input.position, `'${id}'`);
  return { id, at, bytes: 8 + size, start };
}

function edits(
  { endsAt, isOpen, xmp }: Riff,
  id: string,
  disclosure: Parameters<MediaFacts['labelEdits']>[0],
  others: readonly Edit[],
): readonly Edit[] {
  if (isOpen) return [];
  const place = { earlier: xmp, at: endsAt, wrap: (packet: Buffer) => chunkOf(id, packet) };
  const label = [...others, labelEdit(place, disclosure)];
  const size = endsAt - 8 + growthOf(label);
  if (size > MAX_RIFF_BYTES) return [];
  const sizeBytes = Buffer.alloc(4);
  sizeBytes.writeUInt32LE(size, 0);
  return [{ at: 4, remove: 4, insert: sizeBytes }, ...label];
}

function chunkOf(id: string, data: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(id, 0, 'latin1');
  header.writeUInt32LE(data.length, 4);
  return Buffer.concat([header, data, Buffer.alloc(data.length % 2)]);
}

const [FLAG_XMP, FLAG_ALPHA] = [0x04, 0x10];

/** What makes the file one with XMP: the flag where there is an extended header, else that header. */
function extendedHeader(first: Chunk): Edit[] {
  if (first.id === 'VP8X') {
    if (first.start.length < 10) fail('has an extended header that is too short');
    const flags = Buffer.from([first.start.readUInt8(0) | FLAG_XMP]);
    return [{ at: first.at + 8, remove: 1, insert: flags }];
  }
  const { width, height, hasAlpha } = sizeOfImage(first);
  const data = Buffer.alloc(10);
  data.writeUInt8(FLAG_XMP | (hasAlpha ? FLAG_ALPHA : 0), 0);
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return [{ at: HEADER_BYTES, remove: 0, insert: chunkOf('VP8X', data) }];
}

/** From the first bytes of the bit stream (RFC 6386, 9.1; RFC 9649, 3.4). */
function sizeOfImage({ id, start }: Chunk): { width: number; height: number; hasAlpha: boolean } {
  if (id === 'VP8 ' && start.length >= 10 && start.readUIntBE(3, 3) === 0x9d012a) {
    const [width, height] = [start.readUInt16LE(6) & 0x3fff, start.readUInt16LE(8) & 0x3fff];
    if (width > 0 && height > 0) return { width, height, hasAlpha: false };
  }
  if (id === 'VP8L' && start.length >= 5 && start.readUInt8(0) === 0x2f) {
    const bits = start.readUInt32LE(1);
    const [width, height] = [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
    return { width, height, hasAlpha: ((bits >>> 28) & 1) === 1 };
  }
  return fail('does not begin with an image');
}
