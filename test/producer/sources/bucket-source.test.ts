/**
 * Lists in a bucket, from a server that speaks S3. It reckons the signature of a listing from another path than
 * the SDK does, so signatures are not checked here; those of uploads are, in the tests of the storage.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Credentials } from '../../shared/storage/s3-server.ts';
import { linkOf, listOf, startTaking } from './taking.ts';

describe('a bucket as a source', () => {
  let directory: string;
  let server: S3rver;
  let endpoint: string;
  let client: S3Client;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kie-batch-s3-'));
    server = new S3rver({
      address: '127.0.0.1',
      port: 0,
      directory,
      silent: true,
      allowMismatchedSignatures: true,
      configureBuckets: [{ name: 'videos' }],
    });
    endpoint = `http://127.0.0.1:${(await server.run()).port}`;
    client = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: s3Credentials,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
  });
  afterAll(async () => {
    client.destroy();
    await server.close();
    await rm(directory, { recursive: true });
  });

  const put = (key: string, body: string) =>
    client.send(new PutObjectCommand({ Bucket: 'videos', Key: key, Body: body }));
  const addressOf = (key: string, bucket = 'videos') =>
    `s3://${bucket}/${key}?region=us-east-1&endpoint=${endpoint}&forcePathStyle=true`;

  it('brings an object once, and again when it has changed', async () => {
    const { take, linksOf } = await startTaking();
    await put('one/links.txt', listOf(1, 2));
    expect((await take(addressOf('one/links.txt'))).counts.accepted).toBe(2);
    expect(await take(addressOf('one/links.txt'))).toMatchObject({ lists: 0, unchanged: 1 });
    await put('one/links.txt', listOf(1, 2, 3));
    expect((await take(addressOf('one/links.txt'))).counts).toMatchObject({ accepted: 1, duplicates: 2 });
    expect(await linksOf()).toEqual([1, 2, 3].map(linkOf));
  });

  it('brings every object under a prefix, each once', async () => {
    const { take } = await startTaking();
    await put('many/', 'what a console makes for a folder');
    for (let n = 0; n < 3; n += 1) await put(`many/${n}.txt`, listOf(10 + n));
    await put('many-others/x.txt', listOf(99));
    expect(await take(addressOf('many/'))).toMatchObject({ lists: 3, counts: { accepted: 3 } });
    await put('many/3.csv', `url\n${listOf(13)}`);
    expect(await take(addressOf('many/'))).toMatchObject({ lists: 1, unchanged: 3, counts: { accepted: 1 } });
  });

  it('leaves out an object that is too large, and takes the others', async () => {
    const { take } = await startTaking();
    await put('large/a.txt', listOf(1).repeat(2000));
    await put('large/b.txt', listOf(2));
    const { counts, problems } = await take(addressOf('large/'));
    expect(counts.accepted).toBe(1);
    expect(problems).toEqual([
      { list: 's3://videos/large/a.txt', problem: expect.stringContaining('larger than') },
    ]);
  });

  it.each([
    ['an object that is not there', 'nothing.txt', 'videos', /there is no such object/],
    ['a bucket that is not there', 'x/', 'nowhere', /NoSuchBucket; check the bucket/],
  ])('says so at %s', async (_what, key, bucket, reason) => {
    const { take } = await startTaking();
    await expect(take(addressOf(key, bucket))).rejects.toThrow(reason);
  });
});
