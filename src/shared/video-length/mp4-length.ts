/**
 * The length of an MP4 or MOV, from a piece of it that begins with a box. Pure. The answer is in `moov`, at the start
 * of files for streaming and at the end of most others.
 */
import type { LengthReading } from './length-reading.ts';

interface Box {
  readonly type: string;
  readonly from: number;
  readonly bodyFrom: number;
  /** May lie beyond the piece. */
  readonly to: number;
}

const unknown: LengthReading = { kind: 'unknown' };

/** @param at position of the piece in the file */
export function mp4Length(piece: Buffer, at: number): LengthReading {
  let from = 0;
  while (from < piece.length) {
    const box = boxAt(piece, from);
    if (box === null) return from === 0 ? unknown : { kind: 'elsewhere', at: at + from };
    if (box.type === 'moov') return lengthIn(piece, box);
    from = box.to;
  }
  return Number.isSafeInteger(at + from) ? { kind: 'elsewhere', at: at + from } : unknown;
}

function boxAt(piece: Buffer, from: number): Box | null {
  if (from + 8 > piece.length) return null;
  const size = piece.readUInt32BE(from);
  const type = piece.toString('latin1', from + 4, from + 8);
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return null;
  if (size === 1) {
    if (from + 16 > piece.length) return null;
    const large = Number(piece.readBigUInt64BE(from + 8));
    return large < 16 ? null : { type, from, bodyFrom: from + 16, to: from + large };
  }
  // Size 0: to the end of the file.
  const to = size === 0 ? Number.POSITIVE_INFINITY : from + size;
  return size !== 0 && size < 8 ? null : { type, from, bodyFrom: from + 8, to };
}

function lengthIn(piece: Buffer, moov: Box): LengthReading {
  const header = childOf(piece, moov, 'mvhd');
  if (header === null) return unknown;
  const { timescale, duration } = movieTimes(piece, header);
  // A fragmented file says it elsewhere, if at all.
  const ticks = duration > 0 ? duration : fragmentedTicks(piece, moov);
  return timescale > 0 && ticks > 0 ? { kind: 'seconds', seconds: ticks / timescale } : unknown;
}

function childOf(piece: Buffer, parent: Box, type: string): Box | null {
  for (let from = parent.bodyFrom; from < Math.min(parent.to, piece.length); ) {
    const box = boxAt(piece, from);
    if (box === null) return null;
    if (box.type === type) return box;
    from = box.to;
  }
  return null;
}

const noTimes = { timescale: 0, duration: 0 };

function movieTimes(piece: Buffer, { bodyFrom: from }: Box): { timescale: number; duration: number } {
  if (from + 32 > piece.length) return noTimes;
  if (piece[from] === 1) {
    const duration = Number(piece.readBigUInt64BE(from + 24));
    return {
      timescale: piece.readUInt32BE(from + 20),
      duration: Number.isSafeInteger(duration) ? duration : 0,
    };
  }
  const duration = piece.readUInt32BE(from + 16);
  return { timescale: piece.readUInt32BE(from + 12), duration: duration === 0xffffffff ? 0 : duration };
}

function fragmentedTicks(piece: Buffer, moov: Box): number {
  const extends_ = childOf(piece, moov, 'mvex');
  const header = extends_ === null ? null : childOf(piece, extends_, 'mehd');
  if (header === null || header.bodyFrom + 12 > piece.length) return 0;
  const { bodyFrom } = header;
  return piece[bodyFrom] === 1
    ? Number(piece.readBigUInt64BE(bodyFrom + 4))
    : piece.readUInt32BE(bodyFrom + 4);
}
