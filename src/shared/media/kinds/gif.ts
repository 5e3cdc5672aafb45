/**
 * GIF (87a and 89a): blocks up to the trailer, with at least one image. The label is the application extension of the
 * XMP specification (part 3, 1.1.2): the packet as it is, followed by 258 bytes that lead every reader of sub-blocks to
 * its end.
 */
import type { Edit } from '../edits.ts';
import { type FoundXmp, labelEdit, MAX_XMP_BYTES, type MediaFacts } from '../label.ts';
import { fail, type Input, type Parsing, pass, take } from '../stream-parser.ts';

const [EXTENSION, IMAGE, TRAILER, APPLICATION] = [0x21, 0x2c, 0x3b, 0xff];
const XMP_NAME = 'XMP DataXMP';

/** 0x01, then 0xff down to 0x00, and a 0x00 that ends the sub-blocks. */
const XMP_END = Buffer.from([1, ...Array.from({ length: 256 }, (_, n) => 255 - n), 0]);

export function* walkGif(input: Input): Parsing<MediaFacts> {
  const head = yield* take(13, 'its header');
  const isOld = head.toString('latin1', 3, 6) === '87a';
  yield* pass(tableBytes(head.readUInt8(10)), 'its colours');
  let xmp: FoundXmp | undefined;
  let images = 0;
  for (;;) {
    const at = input.position;
    const type = (yield* take(1, 'a block')).readUInt8(0);
    if (type === TRAILER) break;
    if (type === IMAGE) {
      yield* passImage();
      images += 1;
    } else if (type === EXTENSION) xmp = (yield* readExtension(input, at)) ?? xmp;
    else fail(`no block but a byte of ${type} at ${at}`);
  }
  if (images === 0) fail('has no image');
  const place = { earlier: xmp, at: input.position - 1, wrap: applicationExtension };
  yield* pass(Number.POSITIVE_INFINITY, '');
  // Extensions exist since 89a.
  const version: Edit[] = isOld ? [{ at: 4, remove: 1, insert: Buffer.from('9') }] : [];
  return { kind: 'gif', xmp, labelEdits: (disclosure) => [...version, labelEdit(place, disclosure)] };
}

/** The bytes of a colour table by the flags that announce it. */
function tableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

function* passImage(): Parsing<void> {
  const descriptor = yield* take(9, 'an image');
  yield* pass(tableBytes(descriptor.readUInt8(8)) + 1, 'an image');
  yield* passSubBlocks();
}

/** @param see sees the sub-blocks, the bytes that say their lengths among them */
function* passSubBlocks(see?: (chunk: Buffer) => void): Parsing<void> {
  for (;;) {
    const length = yield* take(1, 'a block');
    see?.(length);
    if (length[0] === 0) return;
    yield* pass(length.readUInt8(0), 'a block', see);
  }
}

function* readExtension(input: Input, at: number): Parsing<FoundXmp | undefined> {
  const label = (yield* take(1, 'an extension')).readUInt8(0);
  const size = (yield* take(1, 'an extension')).readUInt8(0);
  const name = (yield* take(size, 'an extension')).toString('latin1');
  if (size === 0) return undefined;
  if (label !== APPLICATION || name !== XMP_NAME) {
    yield* passSubBlocks();
    return undefined;
  }
  const held = holdUpTo(MAX_XMP_BYTES + XMP_END.length);
  yield* passSubBlocks(held.see);
  const packet = held.bytes()?.subarray(0, -XMP_END.length);
  return { packet, at, bytes: input.position - at };
}

function holdUpTo(mostBytes: number) {
  let held: Buffer | undefined = Buffer.alloc(0);
  let filled = 0;
  return {
    see(chunk: Buffer): void {
      if (held === undefined) return;
      if (filled + chunk.length > mostBytes) {
        held = undefined;
        return;
      }
      if (filled + chunk.length > held.length) held = Buffer.concat([held], 2 * (held.length + chunk.length));
      filled += chunk.copy(held, filled);
    },
    bytes: () => held?.subarray(0, filled),
  };
}

function applicationExtension(packet: Buffer): Buffer {
  const start = Buffer.from([EXTENSION, APPLICATION, XMP_NAME.length]);
  return Buffer.concat([start, Buffer.from(XMP_NAME, 'latin1'), packet, XMP_END]);
}
