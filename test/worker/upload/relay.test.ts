/** A file of one machine reaches the worker of another through the storage that both share. */
import { rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { localAddressOf } from '../../../src/shared/local-video/local-address.ts';
import { digestOf } from '../../../src/shared/local-video/read-video.ts';
import { videoRelay } from '../../../src/shared/local-video/video-relay.ts';
import { contentId } from '../../../src/shared/models/identify-link.ts';
import { openProject } from '../../cli/executable.ts';
import { startSystem } from '../../setup/system.ts';
import { until } from '../../setup/until.ts';
import { makeVideo } from '../../setup/video-host.ts';
import { type S3Server, s3Credentials, startS3Server } from '../../shared/storage/s3-server.ts';

const credentials = {
  AWS_ACCESS_KEY_ID: s3Credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3Credentials.secretAccessKey,
};
let bucket: S3Server;
beforeAll(async () => {
  bucket = await startS3Server();
  for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await bucket.stop();
});

const relayed = async () => (await bucket.list()).filter((key) => key.includes('.inputs/'));

it('enqueue puts it into the bucket', async () => {
  await using project = await openProject({ environment: { STORAGE_URL: bucket.urlFor(), ...credentials } });
  await project.write('a.mp4', await makeVideo(5, { bytes: 6_000_000 }));
  const enqueued = await project.run(['enqueue', 'a.mp4', '--model', 'topaz/video-upscale', '--yes']);
  expect(enqueued.code, enqueued.stderr).toBe(0);
  expect(await relayed()).toHaveLength(1);
});

it('another worker uploads it from there, and it is removed when its item is saved', async () => {
  await using system = await startSystem({ environment: { STORAGE_URL: bucket.urlFor() } });
  const { ledger, models } = system.session;
  const model = models.get('topaz/video-upscale');
  const path = join(system.folder, 'b.mp4');
  await writeFile(path, await makeVideo(5, { text: 'of another machine' }));
  const sha256 = await digestOf(path);
  const id = contentId(model, sha256);
  const storage = await bucket.open();
  await videoRelay(storage)?.put(id, path);
  await storage.close();
  await rm(path);
  const url = localAddressOf(path).replace(encodeURIComponent(hostname()), 'studio');
  await ledger.openBatch('far', { model: model.id, root: 's3://videos/some/prefix/' });
  await ledger.enqueue('far', [{ id, url }]);
  await system.startWorker();
  await system.ended('far');
  expect(await ledger.item(id)).toMatchObject({ state: 'saved', message: null });
  expect(system.simulator.counts().uploads.map((upload) => upload.sha256)).toEqual([sha256]);
  await until(async () => (await relayed()).every((key) => !key.includes(id)) || null, 'it was removed');
});
