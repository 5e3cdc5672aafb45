/**
 * Walks the top-level boxes of an MP4 while its bytes stream by, holding no more than one header and the
 * XMP packets. The transfer pushes every chunk and stops at the first problem, so an HTML page costs one
 * chunk, not a download. Invariant: `end()` says `whole` only where the boxes tile the bytes exactly, `ftyp`
 * comes first, and both a `moov` and media data were seen.
 */

import { type BoxHeader, type HeaderReading, readBoxHeader } from './box-header.ts';

/** The identity of the box that carries XMP (XMP specification part 3, 1.2.7). */
export const XMP_UUID = 'be7acfcb97a942e89c71999491e3afac';

/** A packet larger than this is left where it is, unread. */
const MAX_XMP_BYTES = 1024 * 1024;

const MAX_HEADER_BYTES = 32;

export interface Mp4Facts {
  readonly boxes: number;
  /** Payloads of the top-level XMP boxes, in file order. */
  readonly xmpPackets: readonly Buffer[];
  /** Where the last XMP box begins, undefined without one. */
  readonly lastXmpAt: number | undefined;
  /** The last box has no size of its own: whatever is appended falls inside it. */
  readonly openEnded: boolean;
}

export type WalkEnd =
  | { readonly kind: 'whole'; readonly facts: Mp4Facts }
  | { readonly kind: 'broken'; readonly message: string };

export interface BoxWalk {
  /** Takes the next bytes. A returned message is final: what these bytes are instead of an MP4. */
  push(chunk: Buffer): string | undefined;
  /** The length becomes known: a box that would pass the end is reported before it has arrived. */
  expectTotal(totalBytes: number | undefined): void;
  end(): WalkEnd;
}

export function createBoxWalk(): BoxWalk {
  const seen = new Set<string>();
  const xmpPackets: Buffer[] = [];
  let xmpChunks: Buffer[] | undefined;
  let lastXmpAt: number | undefined;
  let pending: Buffer = Buffer.alloc(0);
  let current: BoxHeader | undefined;
  let restBytes = 0;
  let position = 0;
  let boxes = 0;
  let total = Number.POSITIVE_INFINITY;
  let problem: string | undefined;

  function enter(header: BoxHeader): string | undefined {
    const at = position;
    const endsAt = header.sizeBytes === undefined ? at : at + header.sizeBytes;
    if (endsAt > total) return passesEnd(header, at, endsAt, total);
    boxes += 1;
    seen.add(header.type);
    current = header;
    restBytes = (header.sizeBytes ?? Number.POSITIVE_INFINITY) - header.headerBytes;
    if (header.uuid === XMP_UUID) {
      lastXmpAt = at;
      if (restBytes <= MAX_XMP_BYTES) xmpChunks = [];
    }
    return undefined;
  }

  function leave(): void {
    if (xmpChunks !== undefined) xmpPackets.push(Buffer.concat(xmpChunks));
    xmpChunks = undefined;
    current = undefined;
  }

  /** Takes what belongs to the current box; returns the bytes after it. */
  function passOver(chunk: Buffer): Buffer {
    const taken = Math.min(restBytes, chunk.length);
    xmpChunks?.push(Buffer.from(chunk.subarray(0, taken)));
    restBytes -= taken;
    position += taken;
    if (restBytes === 0) leave();
    return chunk.subarray(taken);
  }

  function judgeHeader(
    reading: Exclude<HeaderReading, { kind: 'incomplete' }>,
    bytes: Buffer,
  ): string | undefined {
    const type = reading.kind === 'header' ? reading.header.type : undefined;
    // At the very start the bytes themselves tell more than the box rules: a page, JSON, a compressed body.
    if (boxes === 0 && type !== 'ftyp')
      return `not an MP4: starts with ${JSON.stringify(bytes.toString('latin1', 0, 60))}`;
    return reading.kind === 'header' ? enter(reading.header) : `after ${boxes} boxes: ${reading.message}`;
  }

  /** Reads one header from what is pending and the chunk; returns the bytes after it. */
  function readHeader(chunk: Buffer): Buffer {
    const joined =
      pending.length === 0 ? chunk : Buffer.concat([pending, chunk.subarray(0, MAX_HEADER_BYTES)]);
    const reading = readBoxHeader(joined);
    if (reading.kind === 'incomplete') {
      pending = Buffer.from(joined);
      return chunk.subarray(chunk.length);
    }
    problem = judgeHeader(reading, joined);
    if (reading.kind === 'broken' || problem !== undefined) return chunk.subarray(chunk.length);
    const fromChunk = reading.header.headerBytes - pending.length;
    pending = Buffer.alloc(0);
    position += reading.header.headerBytes;
    if (restBytes === 0) leave();
    return chunk.subarray(fromChunk);
  }

  return {
    push(chunk) {
      let rest = chunk;
      while (rest.length > 0 && problem === undefined) {
        rest = current === undefined ? readHeader(rest) : passOver(rest);
      }
      return problem;
    },
    expectTotal(totalBytes) {
      total = totalBytes ?? Number.POSITIVE_INFINITY;
    },
    end() {
      const openEnded = current?.sizeBytes === undefined && current !== undefined;
      const message =
        problem ??
        (pending.length > 0 ? `ends in ${pending.length} stray bytes after ${boxes} boxes` : undefined) ??
        (current !== undefined && !openEnded
          ? `ends inside '${current.type}', ${restBytes} bytes early`
          : missingPart(seen));
      if (message !== undefined) return { kind: 'broken', message };
      return { kind: 'whole', facts: { boxes, xmpPackets, lastXmpAt, openEnded } };
    },
  };
}

function passesEnd(header: BoxHeader, at: number, endsAt: number, total: number): string {
  return `the '${header.type}' box at ${at} would end at ${endsAt}, but there are only ${total} bytes`;
}

function missingPart(seen: ReadonlySet<string>): string | undefined {
  if (seen.size === 0) return 'is empty';
  if (!seen.has('moov')) return "has no 'moov' box";
  if (!seen.has('mdat') && !seen.has('moof')) return "has no media data ('mdat' or 'moof')";
  return undefined;
}
