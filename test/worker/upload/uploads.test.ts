/** Videos that the vendor cannot reach: fetched, uploaded once, and used for every task that needs them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localAddressOf } from '../../../src/shared/local-video/local-address.ts';
import { digestOf } from '../../../src/shared/local-video/read-video.ts';
import { contentId } from '../../../src/shared/models/identify-link.ts';
import { openProject } from '../../cli/executable.ts';
import { startSystem } from '../../setup/system.ts';
import { makeVideo, startVideoHost } from '../../setup/video-host.ts';

const model = ['--model', 'topaz/video-upscale', '--yes'];

describe('--upload', () => {
  it('sends videos behind addresses that the vendor cannot reach, each once', async () => {
    await using host = await startVideoHost({
      '/a.mp4': await makeVideo(5, { text: 'a' }),
      '/b.mp4': await makeVideo(5, { text: 'b' }),
    });
    await using project = await openProject();
    await project.write(
      'rows.csv',
      `url,upscale_factor\n${host.url}/a.mp4,2\n${host.url}/a.mp4,4\n${host.url}/b.mp4,2\n`,
    );
    const run = await project.run(['run', 'rows.csv', '--upload', ...model, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 3, saved: 3 });
    const { uploads, keyLeaks } = project.simulator.counts();
    expect(uploads).toHaveLength(2);
    expect(keyLeaks).toBe(0);
    expect(project.simulator.orders().every(({ link }) => link.includes('/uploads/'))).toBe(true);
    // The list given again pays nothing and fetches nothing.
    const again = await project.run(['run', 'rows.csv', '--upload', ...model, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ alreadySaved: 3 });
    expect(host.whole).toHaveLength(2);
  });

  it('ends with the reason where there is no video, before anything is paid', async () => {
    await using host = await startVideoHost({
      '/page.mp4': Buffer.from('<html>log in</html>'),
      '/gone.mp4': 410,
    });
    await using project = await openProject({ environment: { MAX_VIDEO_BYTES: '1MiB' } });
    await project.write('links.txt', `${host.url}/page.mp4\n${host.url}/gone.mp4\n`);
    const run = await project.run(['run', 'links.txt', '--upload', ...model, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 2, failed: 2 });
    const rows = (await project.run(['export', 'links'])).stdout;
    expect(rows).toMatch(/"reason":"input-unreadable","message":"\S+page\.mp4 is not a video/);
    expect(rows).toMatch(/gone\.mp4 answered HTTP 410/);
    expect(project.simulator.counts()).toMatchObject({ tasks: 0, uploads: [] });
  });

  it('keeps to MAX_VIDEO_BYTES and to the rules of downloads', async () => {
    await using host = await startVideoHost({ '/large.mp4': await makeVideo(5, { bytes: 3_000_000 }) });
    await using project = await openProject();
    const link = `${host.url}/large.mp4`;
    const large = await project.run(['run', link, '--batch', 'large', '--upload', ...model], {
      environment: { MAX_VIDEO_BYTES: '1MiB' },
    });
    expect(large.code).toBe(1);
    expect((await project.run(['export', 'large'])).stdout).toMatch(/at most 1\.0 MB are allowed/);
    const http = await project.run(['run', link, '--batch', 'private', '--upload', ...model], {
      environment: { ALLOW_PRIVATE_ADDRESSES: 'false' },
    });
    expect(http.stderr).toMatch(/http is not accepted/);
    const own = link.replace('http:', 'https:');
    await project.run(['run', own, '--batch', 'private', '--upload', ...model], {
      environment: { ALLOW_PRIVATE_ADDRESSES: 'false' },
    });
    expect((await project.run(['export', 'private'])).stdout).toMatch(/"reason":"(input-unreadable)"/);
    expect(project.simulator.counts()).toMatchObject({ tasks: 0, uploads: [] });
  });

  it('is refused for a model that takes links to its own pages', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 1);
    const run = await project.run(['run', 'links.txt', '--upload', '--yes']);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/nothing can be uploaded/);
  });
});

describe('an upload', () => {
  it('waits where the upload host asks for it, and queries do not', async () => {
    await using project = await openProject({ simulator: { uploadLimit: '2/3s' } });
    for (let n = 0; n < 5; n += 1)
      await writeFile(join(project.folder, `${n}.mp4`), await makeVideo(5, { text: `video ${n}` }));
    const run = await project.run(['run', '.', '--batch', 'clips', ...model, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 5, saved: 5 });
    const { uploads, uploadRefusals } = project.simulator.counts();
    expect(uploads).toHaveLength(5);
    expect(uploadRefusals).toBeGreaterThan(0);
    expect(uploadRefusals).toBeLessThan(10);
  });

  it('that the vendor has deleted is made again, at no cost', async () => {
    await using system = await startSystem();
    const { ledger } = system.session;
    const path = join(system.folder, 'a.mp4');
    await writeFile(path, await makeVideo(5));
    const model = system.session.models.get('topaz/video-upscale');
    const id = contentId(model, await digestOf(path));
    const other = {
      id: contentId(model, await digestOf(path), { upscale_factor: '4' }),
      inputs: { upscale_factor: '4' },
    };
    const url = localAddressOf(path);
    await ledger.openBatch('test', { model: model.id, root: `${system.folder}/videos/` });
    await ledger.enqueue('test', [{ id, url }]);
    await system.startWorker();
    await system.ended();
    const gone = `${system.simulator.url}/uploads/kie-batch/gone.mp4`;
    await ledger.openBatch('second', { model: model.id, root: `${system.folder}/videos/` });
    await ledger.holdBatch('second');
    await ledger.enqueue('second', [{ ...other, url }]);
    await ledger.note(other.id, { upload: { url: gone, at: Date.now() } });
    await ledger.startBatch('second');
    expect((await system.ended('second')).counts.saved).toBe(1);
    expect((await ledger.item(other.id))?.attempts).toBe(1);
    expect(system.simulator.counts()).toMatchObject({ tasks: 2 });
  });
});

describe('a link to a video that the model does not take', () => {
  it('is rejected before its task is made, where its header says so', async () => {
    await using host = await startVideoHost({
      '/long.mp4': await makeVideo(12.3),
      '/short.mp4': await makeVideo(1),
      '/good.mp4': await makeVideo(9),
      '/page.mp4': Buffer.from('<html>no video at all, says nothing of a length</html>'),
    });
    await using system = await startSystem();
    const { ledger } = system.session;
    await ledger.openBatch('test', { model: 'wan/2-7-videoedit', root: `${system.folder}/videos/` });
    const names = ['long', 'short', 'good', 'page'];
    await ledger.enqueue(
      'test',
      names.map((name) => ({ id: `h${name}`, url: `${host.url}/${name}.mp4` })),
    );
    await system.startWorker();
    await system.ended();
    const items = await Promise.all(names.map((name) => ledger.item(`h${name}`)));
    expect(items.map((item) => [item?.state, item?.reason, item?.message])).toEqual([
      ['failed', 'rejected', 'the video has 12.3 seconds; wan/2-7-videoedit accepts at most 10'],
      ['failed', 'rejected', 'the video has 1 seconds; wan/2-7-videoedit accepts at least 2'],
      ['saved', null, null],
      ['saved', null, null],
    ]);
    expect(system.simulator.counts().createCalls).toBe(2);
    expect(host.parts.filter((path) => path === '/long.mp4').length).toBeLessThanOrEqual(2);
    expect(host.whole).toEqual([]);
  });
});
