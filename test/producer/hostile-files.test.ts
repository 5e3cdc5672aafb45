import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linkFinder } from '../../src/producer/lists/links-in-text.ts';
import { withLocalPaths } from '../../src/producer/lists/local-paths.ts';
import { openListFiles } from '../../src/producer/lists/open-list-files.ts';
import { type LocalVideo, openLocalVideos } from '../../src/producer/local-videos.ts';
import { localAddressOf, publicLink } from '../../src/shared/local-video/local-address.ts';
import { loadModels } from '../../src/shared/models/load-models.ts';

const sample = new URL('../../src/simulator/sample.mp4', import.meta.url);
const model = loadModels({ extraFiles: [] }).get('topaz/video-upscale');
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kie-batch-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(path: string): Promise<LocalVideo | { kind: 'unfound'; reason: string }> {
  const found = withLocalPaths(linkFinder(model), folder)(path);
  if (found.kind !== 'link') return { kind: 'unfound', reason: found.reason };
  return openLocalVideos({ dataDir: join(folder, 'data'), maxBytes: 2 ** 30 }).read(found.link, model);
}

it.each<[what: string, make: (path: string) => Promise<unknown> | Buffer, reason: RegExp]>([
  ['a circle of symbolic links', (path) => symlink(path, path), /in a loop/],
  ['a symbolic link to nowhere', (path) => symlink(join(folder, 'nowhere'), path), /there is no file/],
  ['a folder named like a video', (path) => mkdir(path), /is a folder/],
  ['a named pipe', (path) => execFileSync('mkfifo', [path]), /not a regular file/],
  ['an empty file', (path) => writeFile(path, ''), /is empty/],
  [
    'a text named like a video',
    (path) => writeFile(path, 'no video at all, whatever its name'),
    /not a video/,
  ],
])('%s is one clear line', async (what, make, reason) => {
  const path = join(folder, `${what}.mp4`);
  await make(path);
  const video = await read(path);
  expect('reason' in video ? video.reason : video.kind).toMatch(reason);
});

it('a name that is too long, or that has an invalid name, is one clear line', async () => {
  expect(await read(`${'a'.repeat(300)}.mp4`)).toMatchObject({ reason: expect.stringMatching(/too long/) });
  expect(await read('a\0b.mp4')).toMatchObject({ reason: expect.stringMatching(/has an invalid name/) });
});

it('a circle among the arguments is named, and does not end in a crash', async () => {
  const circle = join(folder, 'circle');
  await symlink(circle, circle);
  expect(() => openListFiles([circle], (async function* () {})())).toThrow(/cannot be read/);
});

it('other content of the same size and time is another video', async () => {
  const path = join(folder, 'same.mp4');
  const start = await readFile(sample);
  const at = new Date('2026-01-01T00:00:00Z');
  const digests = [];
  for (const tail of ['a', 'b']) {
    await writeFile(path, Buffer.concat([start, Buffer.from([0, 0, 0, 9]), Buffer.from(`free${tail}`)]));
    await utimes(path, at, at);
    digests.push(await read(path));
  }
  expect(digests[0]).toMatchObject({ kind: 'video' });
  expect(digests[1]).not.toEqual(digests[0]);
});

it('a finished video tells nothing of the path or the machine it was made from', () => {
  expect(publicLink({ id: 'h123', url: localAddressOf('/home/me/secret.mp4') })).toBe('urn:kie-batch:h123');
  expect(publicLink({ id: 'h123', url: 'https://a.example/b.mp4' })).toBe('https://a.example/b.mp4');
});
