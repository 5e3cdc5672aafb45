/**
 * The contract against a server that speaks S3 (in this process, from npm, over real HTTP with the real
 * SDK). docs/storage.md says what it does not prove.
 */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { createStorage } from '../../../src/shared/storage/create-storage.ts';
import type { Storage } from '../../../src/shared/storage/storage.ts';
import { describeStorage } from './contract.ts';

interface Bucket {
  open(prefix?: string): Promise<Storage>;
  list(): Promise<string[]>;
  stop(): Promise<void>;
}

const s3Credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

async function startBucket(): Promise<Bucket> {
  const directory = await mkdtemp(join(tmpdir(), 'kie-batch-s3-'));
  const configureBuckets = [{ name: 'videos' }];
  const server = new S3rver({ address: '127.0.0.1', port: 0, directory, silent: true, configureBuckets });
  const { port } = await server.run();
  const options = `region=us-east-1&endpoint=http://127.0.0.1:${port}&forcePathStyle=true`;
  return {
    open: (prefix = 'some/prefix') =>
      createStorage(`s3://videos/${prefix}?${options}`, { clock: systemClock, s3Credentials }),
    list: () => listObjects(directory),
    async stop() {
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Objects as their keys under the prefix, pieces of open uploads as `unfinished/…`. */
async function listObjects(directory: string): Promise<string[]> {
  const entries = await readdir(join(directory, 'videos'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, 'videos').length + 1))
    .filter((name) => name.includes('uploads') || name.endsWith('._S3rver_object'))
    .map((name) =>
      name.includes('uploads')
        ? `unfinished/${name}`
        : name.replace('some/prefix/', '').replace('._S3rver_object', ''),
    )
    .sort();
}

let bucket: Bucket;
beforeAll(async () => {
  bucket = await startBucket();
});
afterAll(() => bucket.stop());

describeStorage('S3', async () => {
  const own = await startBucket();
  return { open: () => own.open(), list: () => own.list(), close: () => own.stop() };
});

test('results are named by their s3 URL, with and without a prefix', async () => {
  expect((await bucket.open('a/b')).locate('batch/s_1.mp4')).toBe('s3://videos/a/b/batch/s_1.mp4');
  expect((await bucket.open('')).locate('batch/s_1.mp4')).toBe('s3://videos/batch/s_1.mp4');
});

test('a suspended upload cannot be gone on with and leaves no pieces', async () => {
  const storage = await bucket.open();
  const part = await storage.openPart('batch/s_1.mp4');
  expect(part.survivesSuspend).toBe(false);
  await part.begin({ validator: '"v"', totalBytes: 100 });
  await part.write(Buffer.alloc(11_000_000));
  await part.suspend();
  expect(await storage.openPart('batch/s_1.mp4')).toMatchObject({ receivedBytes: 0 });
  expect(await bucket.list()).toEqual([]);
});

test('a bucket that does not exist is named, with what to look at', async () => {
  const storage = await bucket.open();
  const url = storage.name.replace('videos', 'nowhere');
  expect(url).toContain('nowhere');
  const missing = await createStorage(
    's3://nowhere/x?region=us-east-1&endpoint=http://127.0.0.1:1&forcePathStyle=true',
    {
      clock: systemClock,
      s3Credentials,
    },
  );
  const failure = { code: 'STORAGE_FAILED', message: expect.stringContaining('check the bucket') };
  await expect(missing.probe()).rejects.toMatchObject(failure);
  const part = await missing.openPart('batch/s_1.mp4');
  await part.begin({ validator: undefined, totalBytes: undefined });
  await part.write(Buffer.from('video'));
  await expect(part.commit()).rejects.toMatchObject(failure);
});
