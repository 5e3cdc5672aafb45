import { spawnSync } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  watch,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { createFileStorage } from '../../../src/shared/storage/file-storage.ts';
import { PART_FOLDER } from '../../../src/shared/storage/part-folder.ts';
import type { Part, SourceIdentity, Storage } from '../../../src/shared/storage/storage.ts';
import { mayMount } from '../../setup/may-mount.ts';
import { until } from '../../setup/until.ts';
import { describeStorage } from './contract.ts';

const identity: SourceIdentity = { validator: '"v1"', totalBytes: 1000 };
const key = 'batch/s_1.mp4';

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

describeStorage('files', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kie-batch-storage-'));
  return {
    open: async () => createFileStorage(root, { clock: systemClock }),
    list: () => filesIn(root),
    close: () => rm(root, { recursive: true }),
  };
});

let root: string;
let storage: Storage;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kie-batch-storage-'));
  storage = createFileStorage(root, { clock: systemClock });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function suspendedPart(bytes: Buffer, of: Storage = storage): Promise<void> {
  const part = await of.openPart(key);
  await part.begin(identity);
  await part.write(bytes);
  await part.suspend();
}

async function replayed(part: Part): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of part.replay()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function partFiles(): Promise<string[]> {
  return readdir(join(root, PART_FOLDER));
}

/** Makes every part look as if nobody had written to it for that long. */
async function age(byMs: number): Promise<void> {
  const then = new Date(Date.now() - byMs);
  for (const name of await partFiles()) await utimes(join(root, PART_FOLDER, name), then, then);
}

test('a suspended part is gone on with by the same process', async () => {
  await suspendedPart(Buffer.from('first half, '));
  const part = await storage.openPart(key);
  expect(part).toMatchObject({ identity, receivedBytes: 12 });
  expect(await replayed(part)).toBe('first half, ');
  await part.write(Buffer.from('second half'));
  await part.commit();
  expect(await readFile(join(root, key), 'utf8')).toBe('first half, second half');
  expect(await partFiles()).toEqual([]);
});

test('a part of another process is copied while it may still be written, and both end whole', async () => {
  const first = await storage.openPart(key);
  await first.begin(identity);
  await first.write(Buffer.alloc(1_500_000, 'a'));
  await expect.poll(async () => (await partFiles()).length).toBe(2);
  const other = createFileStorage(root, { clock: systemClock });
  const second = await other.openPart(key);
  await first.write(Buffer.from('the first continues'));
  await second.write(Buffer.from('the second continues'));
  const prefix = await replayed(second);
  expect(await second.commit()).toMatchObject({ kind: 'committed' });
  expect(await first.commit()).toEqual({ kind: 'superseded' });
  expect(await readFile(join(root, key), 'utf8')).toBe(`${prefix}the second continues`);
  expect(await partFiles()).toEqual([]);
});

test('a part that another process has left long ago is taken, not copied', async () => {
  await suspendedPart(Buffer.from('left behind'), createFileStorage(root, { clock: systemClock }));
  await age(70_000);
  const part = await storage.openPart(key);
  expect(part.receivedBytes).toBe(11);
  expect(await partFiles()).toHaveLength(2);
});

test('what was written after the received bytes is cut off', async () => {
  await suspendedPart(Buffer.alloc(1050, 'x'), createFileStorage(root, { clock: systemClock }));
  expect(await storage.openPart(key)).toMatchObject({ receivedBytes: 1000 });
});

test('a part without a validator or without a state is not gone on with', async () => {
  const part = await storage.openPart(key);
  await part.begin({ validator: undefined, totalBytes: 10 });
  await part.write(Buffer.from('half'));
  await part.suspend();
  expect(await storage.openPart(key)).toMatchObject({ receivedBytes: 0, identity: undefined });
  await suspendedPart(Buffer.from('half'));
  for (const name of await partFiles())
    if (name.endsWith('.json')) await truncate(join(root, PART_FOLDER, name), 3);
  expect(await storage.openPart(key)).toMatchObject({ receivedBytes: 0 });
});

test('a part from before the machine started is not trusted', async () => {
  await suspendedPart(Buffer.from('half'));
  await age(400 * 24 * 3_600_000);
  expect(await storage.openPart(key)).toMatchObject({ receivedBytes: 0 });
});

test('parts of one result are never taken for those of another', async () => {
  await suspendedPart(Buffer.from('half'));
  expect(await storage.openPart('batch/s_10.mp4')).toMatchObject({ receivedBytes: 0 });
});

test('a result that is whole at once never has a state on the disk', async () => {
  const part = await storage.openPart(key);
  await part.begin(identity);
  await part.write(Buffer.alloc(1000));
  expect(await partFiles()).toEqual([]);
  await part.commit();
  expect(await filesIn(root)).toEqual([key]);
});

test('abandoned parts are swept by age; open ones and files of others stay', async () => {
  await suspendedPart(Buffer.from('abandoned'));
  const open = await storage.openPart('batch/s_2.mp4');
  await open.begin(identity);
  await open.write(Buffer.alloc(1_200_000));
  await expect.poll(async () => (await partFiles()).length).toBe(4);
  await writeFile(join(root, PART_FOLDER, 'notes.txt'), 'mine');
  await age(7_200_000);
  expect(await storage.removeAbandonedParts(3_600_000)).toBe(1);
  expect(await partFiles()).toHaveLength(3);
  await open.commit();
  expect(await filesIn(root)).toEqual([join(PART_FOLDER, 'notes.txt'), 'batch/s_2.mp4']);
});

test('young parts are not swept', async () => {
  await suspendedPart(Buffer.from('young'));
  expect(await storage.removeAbandonedParts(3_600_000)).toBe(0);
  expect(await storage.openPart(key)).toMatchObject({ receivedBytes: 5 });
});

test('what a process killed between the files of a part has left goes when the result is stored', async () => {
  await suspendedPart(Buffer.from('half'), createFileStorage(root, { clock: systemClock }));
  for (const name of await partFiles()) if (!name.endsWith('.json')) await rm(join(root, PART_FOLDER, name));
  expect(await partFiles()).toHaveLength(1);
  const part = await storage.openPart(key);
  await part.begin(identity);
  await part.write(Buffer.from('all'));
  await part.commit();
  expect(await filesIn(root)).toEqual([key]);
});

test('useless parts are swept after a minute of silence, not after a day', async () => {
  const dayMs = 24 * 3_600_000;
  const other = createFileStorage(root, { clock: systemClock });
  await suspendedPart(Buffer.from('left by another'), other);
  await age(70_000);
  await writeFile(join(root, PART_FOLDER, `${'a'.repeat(16)}-${'b'.repeat(24)}`), 'no state');
  expect(await storage.removeAbandonedParts(dayMs)).toBe(0);
  await age(70_000);
  expect(await storage.removeAbandonedParts(dayMs)).toBe(1);
  await mkdir(join(root, 'batch'));
  await writeFile(join(root, key.replace('.mp4', '.json')), 'stored since');
  expect(await storage.removeAbandonedParts(dayMs)).toBe(1);
  expect(await partFiles()).toEqual([]);
});

test('a batch folder that is removed meanwhile is created again', async () => {
  const part = await storage.openPart(key);
  await part.begin(identity);
  await part.write(Buffer.from('video'));
  await storage.putSidecar(key, {});
  await rm(join(root, 'batch'), { recursive: true });
  expect(await part.commit()).toMatchObject({ kind: 'committed' });
});

test('folders are 0755, files as the umask says', async () => {
  const before = process.umask(0o027);
  try {
    const part = await storage.openPart(key);
    await part.begin(identity);
    await part.write(Buffer.from('video'));
    await part.commit();
  } finally {
    process.umask(before);
  }
  expect((await stat(join(root, key))).mode & 0o777).toBe(0o640);
  expect((await stat(join(root, 'batch'))).mode & 0o777).toBe(0o750);
});

test('a place that cannot be written names itself and the error', async () => {
  await writeFile(join(root, 'batch'), 'a file where the folder should be');
  const part = await storage.openPart(key);
  await part.begin(identity);
  await part.write(Buffer.from('video'));
  await expect(part.commit()).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringContaining(join(root, key)),
  });
});

test('free space is reported', async () => {
  await mkdir(root, { recursive: true });
  expect(await storage.freeBytes()).toBeGreaterThan(0);
});

test('what a probe that was killed has left is removed by the next one', async () => {
  const seen = new Set<string>();
  const stop = new AbortController();
  const watched = (async () => {
    for await (const { filename } of watch(root, { signal: stop.signal })) seen.add(filename ?? '');
  })().catch(() => undefined);
  await storage.probe();
  await until(() => [...seen].some((name) => name.includes('probe')), 'the file of the probe is seen');
  stop.abort();
  await watched;
  const left = [...seen].filter((name) => name.includes('probe'));
  for (const name of left) await writeFile(join(root, name), 'probe');
  await createFileStorage(root, { clock: systemClock }).probe();
  expect((await filesIn(root)).filter((name) => name.includes('probe'))).toEqual([]);
});

test.skipIf(!mayMount)(
  'what a probe could not remove is removed by the next one that works, in any folder',
  async () => {
    const folder = join(root, 'batch');
    await mkdir(folder);
    await writeFile(join(folder, '.probe'), 'probe');
    const mount = (...args: string[]) => expect(spawnSync('mount', args).status).toBe(0);
    mount('--bind', folder, folder);
    mount('-o', 'remount,bind,ro', folder);
    await expect(storage.probe(key)).rejects.toThrow(folder);
    expect(spawnSync('umount', [folder]).status).toBe(0);
    await storage.probe();
    expect((await filesIn(root)).filter((name) => name.includes('probe'))).toEqual([]);
  },
);

test('a symbolic link is followed inside the folder, and never out of it', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'kie-batch-outside-'));
  await writeFile(join(outside, 's_1.mp4'), 'not ours');
  await writeFile(join(outside, 's_1.json'), '{"not":"ours"}');
  await mkdir(join(root, 'real'));
  await writeFile(join(root, 'real', 's_1.mp4'), 'ours');
  await symlink(join(root, 'real'), join(root, 'within'));
  await symlink(outside, join(root, 'folder'));
  await symlink(join(outside, 's_1.mp4'), join(root, 'real', 's_2.mp4'));
  expect((await storage.stat('within/s_1.mp4'))?.bytes).toBe(4);
  for (const key of ['folder/s_1.mp4', 'real/s_2.mp4']) {
    expect(await storage.stat(key)).toBeUndefined();
    await expect(storage.read(key)[Symbol.asyncIterator]().next()).rejects.toThrow('leads out of');
    expect(await storage.withAnyEnding(key)).toEqual([]);
  }
  expect(await storage.readSidecar('folder/s_1.mp4')).toBeUndefined();
  await rm(outside, { recursive: true });
});

test('a folder that is itself reached by a symbolic link is the storage', async () => {
  const moved = `${root}-moved`;
  await mkdir(join(root, 'batch'));
  await writeFile(join(root, key), 'ours');
  await rename(root, moved);
  await symlink(moved, root);
  expect((await storage.stat(key))?.bytes).toBe(4);
  await rm(moved, { recursive: true });
});
