/** A file as it is stored: the bytes with the edits of its label applied. */
import { applyEdits, type Edit } from '../../../src/shared/media/edits.ts';

export async function edited(
  bytes: Buffer,
  edits: readonly Edit[],
  chunkBytes = bytes.length,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of applyEdits(chunksOf(bytes, chunkBytes), edits)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* chunksOf(bytes: Buffer, chunkBytes: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
}
