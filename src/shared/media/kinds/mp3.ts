/**
 * MP3 (MPEG audio, layer 3): an optional ID3v2 tag, then frames end to end, and at the end only tags or padding. Only
 * its sidecar is the label: a tag must be before the audio and would move all of it.
 */
import type { MediaFacts } from '../label.ts';
import { isMp3Header } from '../media-kind.ts';
import { fail, type Input, mustFit, type Parsing, pass, take, takeOrEnd } from '../stream-parser.ts';

const LEAST_FRAMES = 2;
/** What some encoders leave between the tag and the first frame. */
const MAX_PADDING_BYTES = 65_536;

/** kbit/s by the index in the header, for MPEG 1 and for 2 and 2.5. */
const BIT_RATES = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const SAMPLE_RATES = [44_100, 48_000, 32_000] as const;

export function* walkMp3(input: Input): Parsing<MediaFacts> {
  let header = yield* take(4, 'its header');
  if (header.toString('latin1', 0, 3) === 'ID3') {
    yield* passTag(input);
    header = yield* take(4, 'its sound');
    header = yield* passPadding(input, header);
  }
  let frames = 0;
  for (; header.length === 4 && isMp3Header(header); frames += 1) {
    yield* pass(frameBytes(header) - 4, 'a frame');
    header = yield* takeOrEnd(4);
  }
  if (frames < LEAST_FRAMES) fail('has no sound');
  if (!isTail(header))
    fail(`no frame but ${JSON.stringify(header.toString('latin1'))} after ${frames} frames`);
  yield* pass(Number.POSITIVE_INFINITY, '');
  return { kind: 'mp3', xmp: undefined, labelEdits: () => [] };
}

/** The size is of four bytes with seven bits each (ID3v2.4, 3.1). */
function* passTag(input: Input): Parsing<void> {
  const rest = yield* take(6, 'its tag');
  let bytes = 0;
  for (const part of rest.subarray(2)) {
    if (part > 0x7f) fail('has a tag without a readable size');
    bytes = bytes * 128 + part;
  }
  const footerBytes = (rest.readUInt8(1) & 0x10) === 0 ? 0 : 10;
  mustFit(input, input.position + bytes + footerBytes, 'its tag');
  yield* pass(bytes + footerBytes, 'its tag');
}

function* passPadding(input: Input, first: Buffer): Parsing<Buffer> {
  const until = input.position + MAX_PADDING_BYTES;
  let header = first;
  while (header.readUInt8(0) === 0 && input.position < until) {
    header = Buffer.concat([header.subarray(1), yield* take(1, 'its sound')]);
  }
  return header;
}

/** ISO/IEC 11172-3, 2.4.3.1. */
function frameBytes(header: Buffer): number {
  const [second, third] = [header.readUInt8(1), header.readUInt8(2)];
  const version = (second >> 3) & 3;
  const isFirst = version === 3;
  const bitRate = (BIT_RATES[isFirst ? 0 : 1][third >> 4] ?? 0) * 1000;
  const sampleRate = (SAMPLE_RATES[(third >> 2) & 3] ?? 1) / (isFirst ? 1 : version === 2 ? 2 : 4);
  return Math.floor(((isFirst ? 144 : 72) * bitRate) / sampleRate) + ((third >> 1) & 1);
}

/** Nothing, an ID3v1, APE or lyrics tag, or padding. */
function isTail(header: Buffer): boolean {
  return header.every((byte) => byte === 0) || /^(?:TAG|APET|LYRI|ID3)/.test(header.toString('latin1'));
}
