/**
 * Inspects the bytes of a result exactly once, on their way to the storage or from it: hashes them and checks the
 * structure of their kind. Created for each attempt; earlier bytes are replayed into it first. If the label only
 * follows the received bytes, one pass gives both hashes: of the bytes as received and of the file as stored.
 */
import { createHash, type Hash } from 'node:crypto';
import type { MediaKind } from './media-kind.ts';
import { createMediaWalk, type MediaEnd, type MediaWalk } from './walk-media.ts';

export interface Inspection {
  readonly bytes: number;
  /** Known with the first bytes. */
  readonly kind: MediaKind | undefined;
  /** Inspects the next bytes without keeping the chunk; a message is a final verdict that this is not a result. */
  push(chunk: Buffer): string | undefined;
  expectTotal(totalBytes: number | undefined): void;
  end(): MediaEnd;
  /** SHA-256 in hex of everything so far, followed by these bytes if given. */
  sha256(appended?: Buffer): string;
}

export function createInspection(): Inspection {
  const hash: Hash = createHash('sha256');
  const walk: MediaWalk = createMediaWalk();
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    get kind() {
      return walk.kind;
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
