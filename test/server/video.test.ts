/** A saved video over HTTP, from a folder and from a bucket: whole, in parts, unchanged, gone. */
import { readFile, rm } from 'node:fs/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { s3Credentials, startS3Server } from '../shared/storage/s3-server.ts';
import { openWindow, type TestWindow } from './window.ts';

afterEach(() => vi.unstubAllEnvs());

async function saveOne(window: TestWindow): Promise<{ path: string; file: string; size: number }> {
  const [id = ''] = await window.system.give(1);
  await window.system.startWorker();
  await window.system.ended();
  const item = await window.system.session.ledger.item(id);
  return { path: `/items/${id}/video`, file: item?.file ?? '', size: item?.bytes ?? 0 };
}

/** What every storage has to answer. */
async function expectParts(window: TestWindow, path: string, size: number): Promise<void> {
  const whole = await window.get(path);
  const bytes = Buffer.from(await whole.arrayBuffer());
  expect([whole.status, bytes.length]).toEqual([200, size]);
  expect(whole.headers.get('content-type')).toBe('video/mp4');
  expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
  expect(whole.headers.get('accept-ranges')).toBe('bytes');

  const etag = whole.headers.get('etag') ?? '';
  const part = await window.get(path, { range: 'bytes=1000-1999', 'if-range': etag });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(`bytes 1000-1999/${size}`);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(1000, 2000));

  const another = await window.get(path, { range: 'bytes=1000-1999', 'if-range': '"another"' });
  expect([another.status, (await another.arrayBuffer()).byteLength]).toEqual([200, size]);
  const beyond = await window.get(path, { range: `bytes=${size}-` });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);
  expect((await window.get(path, { 'if-none-match': etag })).status).toBe(304);

  const head = await fetch(`${window.url}${path}`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(size)]);
}

it('a video in a folder is served whole and in parts, and 404 tells when it is gone', async () => {
  await using window = await openWindow();
  const { path, file, size } = await saveOne(window);
  expect(size).toBe((await readFile(file)).length);
  await expectParts(window, path, size);
  await rm(file);
  expect((await window.get(path)).status).toBe(404);
});

it('a video in a bucket is served whole and in parts', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', s3Credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3Credentials.secretAccessKey);
  const bucket = await startS3Server();
  try {
    const storage = `s3://videos/some?region=us-east-1&endpoint=${bucket.endpoint}&forcePathStyle=true`;
    await using window = await openWindow({ environment: { STORAGE_URL: storage } });
    const { path, file, size } = await saveOne(window);
    expect(file).toMatch(/^s3:\/\/videos\//);
    await expectParts(window, path, size);
  } finally {
    await bucket.stop();
  }
});

it.each(['/etc/passwd', '../../../etc/passwd'])(
  'a record that names %s shows nothing of it',
  async (named) => {
    await using window = await openWindow();
    const { path } = await saveOne(window);
    const { redis, configuration } = window.system.session;
    const id = path.split('/')[2];
    const { folder } = window.system;
    for (const file of [named, `${folder}/videos/${named}`]) {
      await redis.hset(`${configuration.QUEUE_PREFIX}:item:${id}`, 'f', file);
      expect((await window.get(path)).status).toBe(404);
    }
    expect((await window.get('/items/..%2f..%2fetc%2fpasswd/video')).status).toBe(404);
  },
);
