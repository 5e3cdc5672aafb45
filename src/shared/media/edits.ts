/**
 * A label as changes to the bytes of a file: what to insert where, and what to leave out. Pure; the parsers
 * of the kinds say which changes, the storage applies them while it copies, holding one chunk.
 */

export interface Edit {
  /** Position in the file as received. */
  readonly at: number;
  /** Bytes from there on that are left out. */
  readonly remove: number;
  readonly insert: Buffer;
}

/** The edits of a label that only follows the received bytes, undefined where it does more. */
export function appended(edits: readonly Edit[], bytes: number): Buffer | undefined {
  const isAppended = edits.every(({ at, remove }) => at === bytes && remove === 0);
  return isAppended ? Buffer.concat(edits.map(({ insert }) => insert)) : undefined;
}

export function growthOf(edits: readonly Edit[]): number {
  return edits.reduce((sum, { remove, insert }) => sum + insert.length - remove, 0);
}

/** @param edits none of which overlap */
export async function* applyEdits(
  chunks: AsyncIterable<Buffer>,
  edits: readonly Edit[],
): AsyncGenerator<Buffer> {
  const waiting = [...edits].sort((a, b) => a.at - b.at);
  let position = 0;
  let skipBytes = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > 0) {
      const next = waiting[0];
      const untilEdit = next === undefined ? rest.length : Math.min(rest.length, next.at - position);
      if (skipBytes === 0 && untilEdit === 0 && next !== undefined) {
        yield next.insert;
        skipBytes = next.remove;
        waiting.shift();
        continue;
      }
      const bytes = skipBytes > 0 ? Math.min(skipBytes, rest.length) : untilEdit;
      if (skipBytes > 0) skipBytes -= bytes;
      else yield rest.subarray(0, bytes);
      position += bytes;
      rest = rest.subarray(bytes);
    }
  }
  for (const { insert } of waiting) yield insert;
}
