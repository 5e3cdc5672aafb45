/**
 * The contract against a server that speaks S3 (in this process, from npm, over real HTTP with the real
 * SDK). docs/storage.md says what it does not prove.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { createStorage } from '../../../src/shared/storage/create-storage.ts';
import { describeStorage } from './contract.ts';
import { type S3Server, s3Credentials, startS3Server } from './s3-server.ts';

let bucket: S3Server;
beforeAll(async () => {
  bucket = await startS3Server();
});
afterAll(() => bucket.stop());

describeStorage('S3', async () => {
  const own = await startS3Server();
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

test('uploads that a killed process left open are aborted by age', async () => {
  const storage = await bucket.open();
  const part = await storage.openPart('batch/s_2.mp4');
  await part.begin({ validator: '"v"', totalBytes: 100 });
  await part.write(Buffer.alloc(6_000_000));
  await expect.poll(async () => (await bucket.list()).length).toBeGreaterThan(0);
  expect(await storage.removeAbandonedParts(60_000)).toBe(0);
  const later = await bucket.open(undefined, { now: () => systemClock.now() + 120_000 });
  expect(await later.removeAbandonedParts(60_000)).toBe(1);
  expect(await bucket.list()).toEqual([]);
  await part.discard();
});

test('a bucket that cannot be used is named, with what to look at', async () => {
  const url = `s3://nowhere/x?region=us-east-1&endpoint=${bucket.endpoint}&forcePathStyle=true`;
  const missing = await createStorage(url, { clock: systemClock, s3Credentials });
  const failure = { code: 'STORAGE_FAILED', message: expect.stringContaining('check the bucket') };
  await expect(missing.probe()).rejects.toMatchObject(failure);
  const part = await missing.openPart('batch/s_1.mp4');
  await part.begin({ validator: undefined, totalBytes: undefined });
  await part.write(Buffer.from('video'));
  await expect(part.commit()).rejects.toMatchObject(failure);
});

test('a large upload that fails half-way ends with the error rather than waiting', async () => {
  const url = `s3://nowhere/x?region=us-east-1&endpoint=${bucket.endpoint}&forcePathStyle=true`;
  const missing = await createStorage(url, { clock: systemClock, s3Credentials });
  const part = await missing.openPart('batch/s_1.mp4');
  await part.begin({ validator: undefined, totalBytes: undefined });
  const writing = (async () => {
    for (let count = 0; count < 30; count += 1) await part.write(Buffer.alloc(1_000_000));
  })();
  await expect(writing).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  await part.suspend();
});

test('a probe whose answer was lost leaves no object, and its upload is aborted by age', async () => {
  const storage = await bucket.open();
  bucket.answerBy(async ({ req }, next) => {
    await next();
    req.socket.destroy();
  });
  await expect(storage.probe('batch/s_1.mp4')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  bucket.answerBy(null);
  const left = await bucket.list();
  expect(left.length).toBeGreaterThan(0);
  expect(left.filter((key) => !key.startsWith('unfinished/'))).toEqual([]);
  const later = await bucket.open(undefined, { now: () => systemClock.now() + 120_000 });
  await later.removeAbandonedParts(60_000);
  expect(await bucket.list()).toEqual([]);
});
