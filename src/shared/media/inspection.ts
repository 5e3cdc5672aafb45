/**
 * Looks at the bytes of a result exactly once, on their way to the storage or out of it: hashes them and walks the MP4
 * structure. Made for each attempt; earlier bytes are replayed into it first. Because the label is only
 * appended, one pass gives both hashes: of the bytes as received and of the file as stored.
 */

import { createHash, type Hash } from 'node:crypto';
import { type BoxWalk, createBoxWalk, type WalkEnd } from './mp4/box-walk.ts';

export interface Inspection {
  readonly bytes: number;
  /** Looks at the next bytes and keeps nothing of the chunk; a message says for good that this is no result. */
  push(chunk: Buffer): string | undefined;
  expectTotal(totalBytes: number | undefined): void;
  end(): WalkEnd;
  /** SHA-256 in hex of everything so far, followed by these bytes if given. */
  sha256(appended?: Buffer): string;
}

export function createInspection(): Inspection {
  const hash: Hash = createHash('sha256');
  const walk: BoxWalk = createBoxWalk();
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    push(chunk) {
      bytes += chunk.length;
      hash.update(chunk);
      return walk.push(chunk);
    },
    expectTotal: (totalBytes) => walk.expectTotal(totalBytes),
    end: () => walk.end(),
    sha256(appended) {
      const copy = hash.copy();
      if (appended !== undefined) copy.update(appended);
      return copy.digest('hex');
    },
  };
}

export async function inspectAll(chunks: AsyncIterable<Buffer>): Promise<Inspection> {
  const inspection = createInspection();
  for await (const chunk of chunks) inspection.push(chunk);
  return inspection;
}
