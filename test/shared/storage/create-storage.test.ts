import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { createStorage } from '../../../src/shared/storage/create-storage.ts';
import { parseS3Location } from '../../../src/shared/storage/s3-location.ts';

test.each([
  ['file:./videos', resolve('videos')],
  ['file:videos', resolve('videos')],
  ['file:../videos', resolve('../videos')],
  ['file:///srv/videos', '/srv/videos'],
  ['file:/srv/my%20videos', '/srv/my videos'],
])('%s is %s', async (url, name) => {
  expect(await createStorage(url, { clock: systemClock })).toMatchObject({ name });
});

test('a storage that does not exist yet is made when it is first used', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kie-batch-create-'));
  const storage = await createStorage(`file://${root}/a/b`, { clock: systemClock });
  await storage.probe();
  await rm(root, { recursive: true });
});

test('another kind of storage is refused', async () => {
  await expect(createStorage('ftp://x', { clock: systemClock })).rejects.toThrow(
    'only file: and s3: are known',
  );
});

test('an S3 address is read with its options', () => {
  expect(parseS3Location('s3://bucket/a/b/?region=eu-central-1')).toEqual({
    bucket: 'bucket',
    prefix: 'a/b',
    region: 'eu-central-1',
    endpoint: undefined,
    forcePathStyle: false,
  });
  expect(
    parseS3Location('s3://bucket?endpoint=https://minio.example:9000&forcePathStyle=true&region=x'),
  ).toMatchObject({ prefix: '', endpoint: 'https://minio.example:9000', forcePathStyle: true });
});

test.each([
  's3:///prefix',
  's3://bucket?regoin=x',
  's3://bucket?forcePathStyle=yes',
  's3://bucket?endpoint=nowhere',
])('%s is refused', (url) => {
  expect(() => parseS3Location(url)).toThrow('STORAGE_URL');
});

test('credentials in an S3 address are refused and not shown', () => {
  expect(() => parseS3Location('s3://key:secret@bucket/x')).toThrow(/^(?!.*secret).*credentials/);
});
