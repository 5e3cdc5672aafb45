/**
 * The bytes of a result. Of the kind mp4: a playable video that differs for every task, index and version, and that
 * anyone can work out again to compare. It is the sample video with its comment overwritten (a difference in the head)
 * and a `free` box appended (a difference in length and tail) that grows to any size wanted, or a video that is broken
 * in a chosen way. Of other kinds: the sample of that kind. Large files are never held in memory: the filling is cut
 * from one table of noise.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MediaKind, mediaKinds } from '../shared/media/media-kind.ts';
import { scramble } from './draw.ts';

export interface ResultFile {
  readonly sizeBytes: number;
  readonly digest: string;
  /** The bytes from `from` up to, not including, `to`, in pieces of at most a megabyte. */
  slice(from: number, to: number): Generator<Buffer>;
}

interface ResultName {
  readonly taskId: string;
  readonly index: number;
  /** Grows when the file behind a URL changes; 0 at first. */
  readonly version?: number;
  readonly leastBytes?: number;
  /** Default: mp4. */
  readonly kind?: MediaKind;
  readonly flaw?: Mp4Flaw | undefined;
}

/** What can be wrong with an MP4 that arrives whole; the last is not, as it plays. */
export type Mp4Flaw = 'empty-mdat' | 'samples-beyond-the-end' | 'zero-padding';

export type ResultFiles = (name: ResultName) => ResultFile;

/** scripts/make-sample-video.sh puts this into the sample; a mark of the same length replaces it. */
const placeholder = `kie-batch-simulator:${'0'.repeat(32)}`;

/** Reads the sample and prepares the filling; the function it returns costs next to nothing. */
export async function openResultFiles(): Promise<ResultFiles> {
  const sample = await readFile(join(import.meta.dirname, 'sample.mp4'));
  const markAt = sample.indexOf(placeholder);
  if (markAt < 0) throw new Error('sample.mp4 lacks its placeholder: run scripts/make-sample-video.sh again');
  const noise = makeNoise();
  const others = await readSamples();
  return (name) => {
    const other = others.get(name.kind ?? 'mp4');
    return other === undefined ? buildFile(sample, markAt, noise, name) : wholeFile(other);
  };
}

async function readSamples(): Promise<ReadonlyMap<MediaKind, Buffer>> {
  const kinds = (Object.keys(mediaKinds) as MediaKind[]).filter((kind) => kind !== 'mp4');
  const files = kinds.map(async (kind) => {
    const path = join(import.meta.dirname, 'samples', `sample${mediaKinds[kind].ending}`);
    return [kind, await readFile(path)] as const;
  });
  return new Map(await Promise.all(files));
}

function wholeFile(bytes: Buffer): ResultFile {
  return {
    sizeBytes: bytes.length,
    digest: createHash('sha256').update(bytes).digest('hex').slice(0, 32),
    *slice(from, to) {
      yield bytes.subarray(from, to);
    },
  };
}

/** The whole file at once, for comparing. Use slice() for large ones. */
export function bytesOf(file: ResultFile): Buffer {
  return Buffer.concat([...file.slice(0, file.sizeBytes)]);
}

function buildFile(sample: Buffer, markAt: number, noise: Buffer, name: ResultName): ResultFile {
  const { taskId, index, version = 0, leastBytes = 0, flaw } = name;
  const hash = createHash('sha256').update(`${taskId}/${index}/${version}`).digest();
  const digest = hash.toString('hex', 0, 16);
  const label = Buffer.from(`${JSON.stringify({ taskId, index, version })}\n`);
  const fillingBytes = Math.max(hash.readUInt16BE(16) % 4096, leastBytes - sample.length - 8 - label.length);
  const marked = Buffer.from(sample);
  marked.write(`kie-batch-simulator:${digest}`, markAt, 'latin1');
  const head = Buffer.concat([spoiled(marked, flaw), freeBoxHeader(label.length + fillingBytes), label]);
  const tail = Buffer.alloc(flaw === 'zero-padding' ? 512 : 0);
  const noiseFrom = hash.readUInt32BE(20) % noise.length;
  const end = head.length + fillingBytes;
  return {
    sizeBytes: end + tail.length,
    digest,
    *slice(from, to) {
      if (from < head.length) yield head.subarray(from, Math.min(to, head.length));
      yield* sliceNoise(noise, noiseFrom, Math.max(0, from - head.length), Math.min(to, end) - head.length);
      if (to > end) yield tail.subarray(Math.max(0, from - end), to - end);
    },
  };
}

/** The sample's `mdat` is its last box, and `stco` says where the first chunk of samples begins. */
function spoiled(sample: Buffer, flaw: Mp4Flaw | undefined): Buffer {
  if (flaw === 'empty-mdat') {
    const header = Buffer.from('\0\0\0\x08mdat', 'latin1');
    return Buffer.concat([sample.subarray(0, sample.lastIndexOf('mdat') - 4), header]);
  }
  if (flaw === 'samples-beyond-the-end') sample.writeUInt32BE(0x7fffffff, sample.indexOf('stco') + 12);
  return sample;
}

/** The long form where the size needs it (ISO/IEC 14496-12, 4.2). */
function freeBoxHeader(contentBytes: number): Buffer {
  const long = contentBytes + 8 >= 2 ** 32;
  const header = Buffer.alloc(long ? 16 : 8);
  header.writeUInt32BE(long ? 1 : contentBytes + 8, 0);
  header.write('free', 4, 'latin1');
  if (long) header.writeBigUInt64BE(BigInt(contentBytes + 16), 8);
  return header;
}

function* sliceNoise(noise: Buffer, noiseFrom: number, from: number, to: number): Generator<Buffer> {
  for (let position = from; position < to; ) {
    const start = (noiseFrom + position) % noise.length;
    const piece = noise.subarray(start, Math.min(noise.length, start + to - position));
    yield piece;
    position += piece.length;
  }
}

/** A prime length, so that a piece lost or put twice at any usual block size shows. */
const noiseBytes = 1_048_583;

function makeNoise(): Buffer {
  const noise = Buffer.allocUnsafe(noiseBytes + 1);
  for (let offset = 0; offset < noiseBytes; offset += 4) noise.writeUInt32LE(scramble(offset + 1), offset);
  return noise.subarray(0, noiseBytes);
}
