/** How long a WebM or MKV is, from a piece of it that begins with an EBML element. Pure. */
import type { LengthReading } from './length-reading.ts';

interface Element {
  readonly id: number;
  readonly bodyFrom: number;
  /** May lie beyond the piece; infinite where the size is not known. */
  readonly to: number;
}

const ebmlHeader = 0x1a45dfa3;
const segment = 0x18538067;
const info = 0x1549a966;
const timecodeScale = 0x2ad7b1;
const duration = 0x4489;
const cluster = 0x1f43b675;
const unknown: LengthReading = { kind: 'unknown' };

export function isEbml(piece: Buffer): boolean {
  return piece.length >= 4 && piece.readUInt32BE(0) === ebmlHeader;
}

/** @param at position of the piece in the file */
export function webmLength(piece: Buffer, at: number): LengthReading {
  let from = 0;
  while (from < piece.length) {
    const element = elementAt(piece, from);
    if (element === null || element.id === cluster) return unknown;
    if (element.id === info) return lengthIn(piece, element);
    from = element.id === segment ? element.bodyFrom : element.to;
  }
  return Number.isSafeInteger(at + from) ? { kind: 'elsewhere', at: at + from } : unknown;
}

function lengthIn(piece: Buffer, { bodyFrom, to }: Element): LengthReading {
  let scale = 1_000_000;
  let ticks = 0;
  for (let from = bodyFrom; from < Math.min(to, piece.length); ) {
    const element = elementAt(piece, from);
    if (element === null || element.to > piece.length) break;
    const body = piece.subarray(element.bodyFrom, element.to);
    if (element.id === timecodeScale && body.length > 0 && body.length <= 6)
      scale = body.readUIntBE(0, body.length);
    if (element.id === duration && body.length === 4) ticks = body.readFloatBE(0);
    if (element.id === duration && body.length === 8) ticks = body.readDoubleBE(0);
    from = element.to;
  }
  const seconds = (ticks * scale) / 1e9;
  return Number.isFinite(seconds) && seconds > 0 ? { kind: 'seconds', seconds } : unknown;
}

function elementAt(piece: Buffer, from: number): Element | null {
  const idLength = lengthOfNumber(piece[from]);
  if (idLength === 0 || idLength > 4 || from + idLength >= piece.length) return null;
  const sizeFrom = from + idLength;
  const sizeLength = lengthOfNumber(piece[sizeFrom]);
  if (sizeLength === 0 || sizeFrom + sizeLength > piece.length) return null;
  const bodyFrom = sizeFrom + sizeLength;
  const size = sizeAt(piece, sizeFrom, sizeLength);
  return { id: piece.readUIntBE(from, idLength), bodyFrom, to: bodyFrom + size };
}

/** The first byte's leading zeros say how many bytes a number has. */
function lengthOfNumber(first: number | undefined): number {
  return first === undefined || first === 0 ? 0 : Math.clz32(first) - 23;
}

function sizeAt(piece: Buffer, from: number, length: number): number {
  let value = (piece[from] ?? 0) & (0xff >> length);
  let areAllOnes = value === 0xff >> length;
  for (let index = 1; index < length; index += 1) {
    const byte = piece[from + index] ?? 0;
    value = value * 256 + byte;
    areAllOnes &&= byte === 0xff;
  }
  return areAllOnes ? Number.POSITIVE_INFINITY : value;
}
