/**
 * Reads a video file of this machine as a stream, for its identity and for its upload: what it is by its first bytes,
 * and the digest of all. Constant memory.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { identifyMedia, mediaKinds } from '../media/media-kind.ts';
import { formatBytes } from '../wording/format.ts';

export type VideoFile =
  | { readonly kind: 'video'; readonly bytes: number; readonly ending: string; readonly mark: string }
  /** `reason` continues after the name of the file. */
  | { readonly kind: 'unreadable'; readonly reason: string; readonly isGone: boolean };

/** Larger pieces wait for the garbage collector longer: 20 MiB more with 256 KiB. */
const readBytes = 64 * 1024;

/** Judges a file by its first bytes and its size, without reading it whole. */
export async function inspectVideo(path: string, maxBytes: number): Promise<VideoFile> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return unreadable('is a folder');
    if (!facts.isFile()) return unreadable('is not a regular file');
    if (facts.size === 0) return unreadable('is empty');
    if (facts.size > maxBytes)
      return unreadable(`has ${formatBytes(facts.size)}; at most ${formatBytes(maxBytes)} are allowed`);
    const kind = identifyMedia(await headOf(path));
    const { shows, ending } =
      kind === 'unknown' || kind === 'more' ? { shows: 'other', ending: '' } : mediaKinds[kind];
    if (shows !== 'video') return unreadable('is not a video: it does not start like MP4, MOV, WebM or MKV');
    // What changes when the content does, cheap to read. A copy may keep the size and time, but never `ctime`.
    const mark = `${facts.size} ${facts.mtimeMs} ${facts.ctimeMs} ${facts.ino}`;
    return { kind: 'video', bytes: facts.size, ending, mark };
  } catch (error) {
    return unreadable(describeFileError(error), isErrorCode(error, 'ENOENT', 'ENOTDIR'));
  }
}

/** The bytes of a file; `digest` is of those that were read so far. */
export function readVideo(path: string): { readonly chunks: AsyncIterable<Buffer>; digest(): string } {
  const hash = createHash('sha256');
  async function* read(): AsyncGenerator<Buffer> {
    const stream: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: readBytes });
    for await (const chunk of stream) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return { chunks: read(), digest: () => hash.copy().digest('hex') };
}

/** SHA-256 of a file, in hex. */
export async function digestOf(path: string): Promise<string> {
  const { chunks, digest } = readVideo(path);
  for await (const _ of chunks);
  return digest();
}

async function headOf(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(128), 0, 128, 0);
  return buffer.subarray(0, bytesRead);
}

export function describeFileError(error: unknown): string {
  if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return 'does not exist';
  if (isErrorCode(error, 'EACCES', 'EPERM')) return 'is not readable by this user';
  if (isErrorCode(error, 'ELOOP')) return 'is a symbolic link in a loop';
  if (isErrorCode(error, 'ENAMETOOLONG')) return 'has a name that is too long';
  if (isErrorCode(error, 'ERR_INVALID_ARG_VALUE')) return 'has an invalid name';
  return `cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : String(error)})`;
}

function isErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function unreadable(reason: string, isGone = false): VideoFile {
  return { kind: 'unreadable', reason, isGone };
}
