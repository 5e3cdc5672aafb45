/**
 * Compressed lists: bytes that start like gzip are decompressed while they are streamed, whatever the file's name.
 * Memory is bounded because the resulting lines are.
 */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The compressed bytes are damaged or cut off; what was read before was passed on. */
export class GzipError extends Error {
  override readonly name = 'GzipError';
}

export function looksGzipped(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 0x08;
}

export async function* unpackGzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const packed = Readable.from(chunks, { objectMode: false });
  const gunzip = createGunzip();
  // pipe() does not hand errors on: a failing source must end the reading, not hang it.
  packed.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of packed.pipe(gunzip)) yield chunk;
  } catch (error) {
    throw isZlibError(error) ? new GzipError('the gzip data is damaged or cut off', { cause: error }) : error;
  } finally {
    gunzip.destroy();
    packed.destroy();
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}
