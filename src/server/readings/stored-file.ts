/**
 * From the place of a saved file, as the ledger has it, back to its key in the storage. Pure. A file of another
 * storage (the setting has changed since) has none: nothing outside the storage is ever read for a page.
 */
import type { Storage } from '../../shared/storage/storage.ts';
import { rootOf } from '../../shared/storage/storage-root.ts';

export function keyOfFile(file: string, storage: Pick<Storage, 'locate'>): string | null {
  const root = rootOf(storage);
  if (!file.startsWith(root)) return null;
  const key = file.slice(root.length);
  return key.split('/').some((part) => part === '' || part === '.' || part === '..') ? null : key;
}

export interface ByteRange {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

/** One range of `Range: bytes=…`; null for none or anything else, 'unsatisfiable' for one beyond the end. */
export function readRange(header: string | undefined, size: number): ByteRange | null | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [from, to] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (match === null || (from === '' && to === '')) return null;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return first > last || first >= size ? 'unsatisfiable' : { first, last };
}

/** The bytes of a range out of a stream that begins at the start. */
export async function* cut(
  chunks: AsyncIterable<Buffer>,
  { first, last }: ByteRange,
): AsyncGenerator<Buffer> {
  let position = 0;
  for await (const chunk of chunks) {
    const [start, end] = [Math.max(0, first - position), Math.min(chunk.length, last + 1 - position)];
    position += chunk.length;
    if (end > start) yield chunk.subarray(start, end);
    if (position > last) return;
  }
}
