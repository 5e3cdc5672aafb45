/**
 * How long a video is, from its header: at most two small reads, of an address under the rules of downloads (never
 * with the key) or of a local file. Called where a price is by the second. What cannot be told is null, never an error.
 */
import { open } from 'node:fs/promises';
import type { Outgoing } from '../outgoing/outgoing.ts';
import type { LengthReading } from './length-reading.ts';
import { mp4Length } from './mp4-length.ts';
import { isEbml, webmLength } from './webm-length.ts';

/** Bytes from there on, fewer at the end of the file; null when they cannot be had. */
type ReadPiece = (from: number) => Promise<Buffer | null>;

const pieceBytes = 64 * 1024;
const patienceMs = 8000;

/** @returns seconds, or null when they cannot be told */
export async function readVideoLength(
  url: string,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<number | null> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  return readLength((from) => fetchPiece(url, from, outgoing, bounded)).catch(() => null);
}

export async function readFileLength(path: string): Promise<number | null> {
  await using file = await open(path);
  return await readLength(async (from) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, from);
    return buffer.subarray(0, bytesRead);
  });
}

/** @param read bytes from there on, fewer at the end of the file; null when they cannot be had */
export async function readLength(read: ReadPiece): Promise<number | null> {
  const head = await read(0);
  if (head === null) return null;
  const parse: (piece: Buffer, at: number) => LengthReading = isEbml(head) ? webmLength : mp4Length;
  const first = parse(head, 0);
  if (first.kind !== 'elsewhere') return secondsOf(first);
  const piece = await read(first.at);
  return piece === null ? null : secondsOf(parse(piece, first.at));
}

function secondsOf(reading: LengthReading): number | null {
  return reading.kind === 'seconds' ? reading.seconds : null;
}

async function fetchPiece(
  url: string,
  from: number,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<Buffer | null> {
  const range = `bytes=${from}-${from + pieceBytes - 1}`;
  const reply = await outgoing.request({ url, headers: { range } }, signal);
  if (reply.kind !== 'answered') return null;
  try {
    // A server that ignores ranges sends the file from its start.
    const isUsable = reply.status === 206 || (reply.status === 200 && from === 0);
    if (!isUsable) return null;
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of reply.body) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= pieceBytes) break;
    }
    return Buffer.concat(pieces).subarray(0, pieceBytes);
  } finally {
    reply.body.destroy();
  }
}
