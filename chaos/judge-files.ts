/** Judges the storage: every file is whole, is the one that the vendor made, and belongs to a saved link. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Item } from '../src/shared/ledger/item.ts';
import type { JudgedWorld, Violate } from './judge.ts';

const sidecarSchema = z.looseObject({
  taskId: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  sourceSha256: z.string(),
});

export async function judgeFiles(
  world: JudgedWorld,
  items: readonly Item[],
  violate: Violate,
): Promise<void> {
  const files = Map.groupBy(await world.store.list(), baseOf);
  for (const item of items) {
    if (item.state !== 'saved' || item.file === null) continue;
    const base = baseOf(item.file);
    const own = files.get(base) ?? [];
    files.delete(base);
    const results = own.filter((file) => !file.endsWith('.json'));
    if (!results.includes(item.file)) violate(`its file ${item.file} is not there`, item.id);
    for (const file of results) await judgeFile(file, item, world, violate);
  }
  for (const file of [...files.values()].flat()) violate(`the file ${file} belongs to no saved link`);
}

/** The same for `base.mp4`, `base-2.mp4`, and the sidecars. */
function baseOf(file: string): string {
  return file.replace(/(?:-\d+)?\.[a-z0-9]+$/, '');
}

async function judgeFile(
  file: string,
  item: Item,
  { store, simulator }: JudgedWorld,
  violate: Violate,
): Promise<void> {
  const say = (message: string) => violate(`${file}: ${message}`, item.id);
  const stored = await store.read(file);
  const text = await store.read(file.replace(/\.[a-z0-9]+$/, '.json')).catch(() => null);
  const sidecar = sidecarSchema.safeParse(text === null ? null : JSON.parse(text.toString()));
  if (!sidecar.success) return say('its sidecar is missing or unreadable');
  const { taskId, sha256, sourceSha256, bytes } = sidecar.data;
  if (bytes !== stored.length || sha256 !== hashOf(stored)) say('is not what its sidecar says');
  if (file === item.file && item.sha256 !== sha256) say('is not what the ledger says');
  if (!item.taskIds.includes(taskId)) say(`comes from the task ${taskId}, which is not this link's`);
  const index =
    Number(/-(\d+)\.[a-z0-9]+$/.exec(file.slice(file.lastIndexOf(item.id) + item.id.length))?.[1] ?? 1) - 1;
  const versions = simulator.resultVersionsOf(taskId, index);
  if (versions.length === 0) return say('the vendor knows no such result');
  // The vendor may have replaced the file after it was saved.
  const source = versions.find((each) => stored.subarray(0, each.length).equals(each));
  if (source === undefined) return say('does not hold the bytes of the result');
  if (sourceSha256 !== hashOf(source)) say('has another hash of the received bytes');
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
