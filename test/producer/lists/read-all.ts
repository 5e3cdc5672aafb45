/** Reads a whole list from bytes cut as a test likes; entries flattened. For the tests of this folder. */

import type { ListEntry } from '../../../src/producer/lists/list-entry.ts';
import type { ListOptions, ListSource } from '../../../src/producer/lists/list-source.ts';
import { readHeaded } from '../../../src/producer/lists/read-headed.ts';
import { readList } from '../../../src/producer/lists/read-list.ts';
import { loadModels } from '../../../src/shared/models/load-models.ts';
import type { ModelDefinition } from '../../../src/shared/models/model-definition.ts';

export const sora = loadModels({ extraFiles: [] }).get('sora-watermark-remover');
export const topaz = loadModels({ extraFiles: [] }).get('topaz/video-upscale');
const HEAD_BYTES = 16 * 1024;

export function sourceOf(
  name: string,
  content: string | Uint8Array,
  cutAt: readonly number[] = [],
): ListSource {
  return { name, chunks: cut(Buffer.from(content), cutAt) };
}

export async function readAll(
  name: string,
  content: string | Uint8Array,
  options: ListOptions = {},
  cutAt: readonly number[] = [],
  model: ModelDefinition = sora,
): Promise<ListEntry[]> {
  return await all(readList(sourceOf(name, content, cutAt), model, options));
}

/** The same behind the head, which joins what comes before it: here the readers see the cuts. */
export async function readCut(
  name: string,
  content: string | Uint8Array,
  cutAt: readonly number[],
  options: ListOptions = {},
  model: ModelDefinition = sora,
): Promise<ListEntry[]> {
  const bytes = Buffer.from(content);
  const head = bytes.subarray(0, HEAD_BYTES);
  const stream = { head, isWhole: bytes.length <= HEAD_BYTES, chunks: cut(bytes, cutAt) };
  return await all(readHeaded(name, stream, model, options));
}

async function all(reading: AsyncIterable<ListEntry[]>): Promise<ListEntry[]> {
  const entries: ListEntry[] = [];
  for await (const some of reading) entries.push(...some);
  return entries;
}

/** One short line an entry: `3 https://…` for a link, `3 ! reason` for a problem. */
export function shown(entries: readonly ListEntry[]): string[] {
  return entries.map((entry) => `${entry.line} ${entry.kind === 'link' ? entry.link : `! ${entry.reason}`}`);
}

async function* cut(bytes: Buffer, cutAt: readonly number[]): AsyncGenerator<Buffer> {
  const places = [...new Set(cutAt.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const place of [...places, bytes.length]) {
    yield bytes.subarray(start, place);
    start = place;
  }
}
