/**
 * Length and size of a video, from its header: at most two small reads, of an address under the rules of downloads
 * (never with the key) or of a local file. Called if a price is per second. An unknown length is null, never an error.
 */
import { open } from 'node:fs/promises';
import type { VideoFacts } from '../models/judge-video.ts';
import type { Outgoing } from '../outgoing/outgoing.ts';
import type { LengthReading } from './length-reading.ts';
import { mp4Length } from './mp4-length.ts';
import { isEbml, webmLength } from './webm-length.ts';

/** Bytes from there on, fewer at the end of the file; null when they cannot be had. */
type ReadPiece = (from: number) => Promise<Buffer | null>;

const pieceBytes = 64 * 1024;
const patienceMs = 8000;

export interface HeaderReading extends VideoFacts {
  /** The host has not answered. */
  readonly isUnreachable: boolean;
}

/** Length and size of the video at an address, as far as they are known. */
export async function readVideoHeader(
  url: string,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<HeaderReading> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  let bytes: number | null = null;
  let isUnreachable = true;
  const seconds = await readLength(async (from) => {
    const piece = await fetchPiece(url, from, outgoing, bounded);
    if (piece !== null) isUnreachable = false;
    bytes ??= piece?.totalBytes ?? null;
    return piece?.content ?? null;
  }).catch(() => null);
  return { seconds, bytes, isUnreachable };
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

interface Piece {
  /** Null where the answer holds nothing of the file. */
  readonly content: Buffer | null;
  /** Of the whole file, where the answer says it. */
  readonly totalBytes: number | null;
}

/** Null without an answer. */
async function fetchPiece(
  url: string,
  from: number,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<Piece | null> {
  const range = `bytes=${from}-${from + pieceBytes - 1}`;
  const reply = await outgoing.request({ url, headers: { range } }, signal);
  if (reply.kind !== 'answered') return null;
  try {
    // A server that ignores ranges sends the file from its start.
    const isUsable = reply.status === 206 || (reply.status === 200 && from === 0);
    if (!isUsable) return { content: null, totalBytes: null };
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of reply.body) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= pieceBytes) break;
    }
    const content = Buffer.concat(pieces).subarray(0, pieceBytes);
    return { content, totalBytes: totalOf(reply.status, reply.headers) };
  } finally {
    reply.body.destroy();
  }
}

function totalOf(status: number, headers: Readonly<Record<string, string>>): number | null {
  const text =
    status === 206 ? /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] : headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
