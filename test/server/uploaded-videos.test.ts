/**
 * Videos from the browser: streamed to the disk, enqueued like local files, and removed when they are no longer needed.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createUploadedVideos } from '../../src/server/uploads/uploaded-videos.ts';
import { createFileStorage } from '../../src/shared/storage/file-storage.ts';
import { until } from '../setup/until.ts';
import { makeVideo } from '../setup/video-host.ts';
import { csrfIn, openWindow, type TestWindow } from './window.ts';

const model = 'topaz/video-upscale';

async function openForm(window: TestWindow) {
  const page = await (await window.get('/new')).text();
  const path = /data-videos="([^"]+)"/.exec(page)?.[1] ?? '';
  const csrf = csrfIn(page);
  return {
    path,
    csrf,
    put: (name: string, body: Buffer, headers: Record<string, string> = {}) =>
      fetch(`${window.url}${path}/${encodeURIComponent(name)}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream', 'x-csrf-token': csrf, ...headers },
        body: new Uint8Array(body),
      }),
    remove: (name: string) =>
      fetch(`${window.url}${path}/${encodeURIComponent(name)}`, {
        method: 'DELETE',
        headers: { 'x-csrf-token': csrf },
      }),
    async check(list: string, fields: Record<string, string> = {}) {
      const form = new FormData();
      const all = { csrf, form: path.split('/').at(-1) ?? '', batch: 'films', model, ...fields };
      for (const [name, value] of Object.entries(all)) form.set(name, value);
      if (list !== '') form.set('file', new File([list], 'list.csv', { type: 'text/csv' }));
      const answer = await fetch(`${window.url}/new/check`, {
        method: 'POST',
        body: form,
        redirect: 'manual',
      });
      const to = answer.headers.get('location') ?? '';
      let text = '';
      await until(async () => {
        text = await (await window.get(to)).text();
        return !text.includes('Checking:');
      }, 'the list is checked');
      return { to, text };
    },
  };
}

const inputsFolder = (window: TestWindow) => join(window.system.folder, 'videos', '.inputs');

/** Every file below it. */
async function filesIn(window: TestWindow): Promise<string[]> {
  if (!existsSync(inputsFolder(window))) return [];
  const entries = await readdir(inputsFolder(window), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

it('two videos of one name and no list become a batch, are uploaded by a worker and saved', async () => {
  await using window = await openWindow();
  const form = await openForm(window);
  const first = await form.put('höliday one.mp4', await makeVideo(2, { text: 'one' }));
  expect(await first.json()).toMatchObject({ name: 'höliday one.mp4' });
  const second = await form.put('höliday one.mp4', await makeVideo(2, { text: 'two' }));
  expect(await second.json()).toMatchObject({ name: 'höliday one-2.mp4' });
  const { to, text } = await form.check('');
  expect(text).toContain('Enqueue 2 links');
  await window.post(to);
  await window.system.startWorker();
  const ended = await window.system.ended('films');
  expect(ended.counts).toMatchObject({ saved: 2 });
});

it('a list names a video to give it inputs; the others are taken too, and no other file of the server', async () => {
  await using window = await openWindow();
  const form = await openForm(window);
  await form.put('a.mp4', await makeVideo(2, { text: 'a' }));
  await form.put('b.mp4', await makeVideo(2, { text: 'b' }));
  const list = 'url,upscale_factor\na.mp4,2\n/etc/passwd.mp4,2\n../a.mp4,2\nfile:///etc/hosts,2\nc.mp4,2\n';
  const { text } = await form.check(list);
  expect(text).toContain('Enqueue 2 links');
  expect(text).toContain('no video of this name was uploaded');
  expect(text.match(/no link in the column url/g)).toHaveLength(3);
  expect(text).not.toContain('does not exist');
});

it('an upload that breaks off, is no video, is too large, or is removed leaves nothing', async () => {
  await using window = await openWindow({ environment: { MAX_VIDEO_BYTES: '1MiB' } });
  const form = await openForm(window);
  const video = await makeVideo(2, { text: 'x' });
  const text = await form.put('text.mp4', Buffer.from('nothing like a video '.repeat(20)));
  expect([text.status, (await text.json()).detail]).toEqual([422, expect.stringContaining('is not a video')]);
  const large = Buffer.concat([video, Buffer.alloc(2 * 2 ** 20)]);
  expect((await form.put('large.mp4', large)).status).toBe(413);
  expect((await form.put('x.mp4', video, { 'x-csrf-token': 'wrong' })).status).toBe(403);
  expect((await form.put('kept.mp4', video)).status).toBe(200);
  expect((await form.remove('kept.mp4')).status).toBe(200);

  const { redis, configuration } = window.system.session;
  const known = () => redis.hlen(`${configuration.QUEUE_PREFIX}:uploaded-videos`);
  const sending = request(`${window.url}${form.path}/cut.mp4`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': '900000',
      'x-csrf-token': form.csrf,
    },
  });
  sending.on('error', () => undefined);
  sending.write(Buffer.concat([video, Buffer.alloc(64 * 1024)]));
  await until(async () => (await known()) === 1, 'the upload has begun');
  sending.destroy();
  await until(async () => (await known()) === 0, 'the upload is forgotten');
  expect(await filesIn(window)).toEqual([]);
  expect(await readdir(join(window.system.folder, 'videos', '.unfinished'))).toEqual([]);
});

it('a video stays while its batch may need it, and goes when the batch is saved', async () => {
  await using window = await openWindow();
  const { redis, configuration, ledger } = window.system.session;
  let now = Date.now();
  const folder = createFileStorage(join(window.system.folder, 'videos'), { clock: { now: () => now } });
  const videos = createUploadedVideos({
    redis,
    prefix: configuration.QUEUE_PREFIX,
    folder,
    maxBytes: 2 ** 30,
    reserveBytes: 0,
    batch: ledger.batch,
    now: () => now,
  });
  const [needed, unclaimed] = ['a', 'b'].map((each) => each.repeat(8)) as [string, string];
  const [id = ''] = await window.system.give(1);
  for (const form of [needed, unclaimed])
    await videos.put(form, 'v.mp4', chunksOf(await makeVideo(2, { text: form })), null);
  await videos.keepFor(needed, 'test');
  await ledger.move('fail', id, { reason: 'rejected', message: 'no' });
  await videos.sweep();
  expect(await filesIn(window)).toHaveLength(2);
  now += 25 * 3_600_000;
  await videos.sweep();
  expect([await videos.of(needed), await videos.of(unclaimed)]).toMatchObject([[{ name: 'v.mp4' }], []]);
  await window.post('/batches/test/retry');
  await window.system.startWorker();
  await window.system.ended();
  await videos.sweep();
  expect([await videos.of(needed), await filesIn(window)]).toEqual([[], []]);
  expect(await readdir(inputsFolder(window))).toEqual([]);
});

async function* chunksOf(buffer: Buffer): AsyncGenerator<Buffer> {
  yield buffer;
}
