/** Videos of this machine: identified by their content, uploaded just before their task is made, once. */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stages } from '../../src/shared/jobs/catalogue.ts';
import { localAddressOf } from '../../src/shared/local-video/local-address.ts';
import { startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { openProject, type Project } from './executable.ts';

const sample = resolve(import.meta.dirname, '../../src/simulator/sample.mp4');
const model = ['--model', 'topaz/video-upscale', '--yes'];

/** Videos that differ: bytes in a `free` box change nothing of what is shown. */
async function writeVideo(project: Pick<Project, 'folder'>, name: string, text: string): Promise<string> {
  const path = join(project.folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  const content = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write('free', 4);
  await writeFile(path, Buffer.concat([await readFile(sample), head, content]));
  return path;
}

describe('local videos', () => {
  it('in a folder, a list and as arguments are uploaded once each, also with odd names', async () => {
    await using project = await openProject();
    await writeVideo(project, 'clips/ein Häuschen.mp4', 'one');
    await writeVideo(project, 'clips/視頻 2.mp4', 'two');
    await writeVideo(project, 'other/#%3f.mov.mp4', 'three');
    const folder = await project.run(['run', './clips/', ...model, '--json']);
    expect(JSON.parse(folder.stdout)).toMatchObject({ batch: 'clips', total: 2, saved: 2 });

    await writeFile(
      join(project.folder, 'list.txt'),
      'other/#%3f.mov.mp4\n"clips/視頻 2.mp4"\nmissing.mp4\n',
    );
    const list = await project.run(['run', 'list.txt', ...model, '--json']);
    expect(JSON.parse(list.stdout)).toMatchObject({ total: 3, accepted: 1, alreadySaved: 1, invalid: 1 });
    expect(list.stderr).toContain('there is no file');

    // The same content under another name is the same video.
    await copyFile(join(project.folder, 'clips/視頻 2.mp4'), join(project.folder, 'copy.mp4'));
    const copy = await project.run(['run', 'copy.mp4', ...model, '--json']);
    expect(JSON.parse(copy.stdout)).toMatchObject({ alreadySaved: 1, accepted: 0 });

    const { uploads, links } = project.simulator.counts();
    expect(uploads).toHaveLength(3);
    expect(new Set(uploads.map(({ sha256 }) => sha256)).size).toBe(3);
    expect(Object.keys(links).every((link) => link.includes('/uploads/'))).toBe(true);
  });

  it('in a folder that is a line of a list are taken with the inputs of that line', async () => {
    await using project = await openProject();
    await writeVideo(project, 'snow clips/1.mp4', 'one');
    await writeVideo(project, 'snow clips/2.mp4', 'two');
    await writeVideo(project, 'other.mp4', 'three');
    await mkdir(join(project.folder, 'empty'));
    await writeFile(
      join(project.folder, 'list.csv'),
      'url,upscale_factor\n./snow clips/,4\nother.mp4,2\n./empty,2\n',
    );
    const run = await project.run(['run', 'list.csv', ...model, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 4, accepted: 3, saved: 3, invalid: 1 });
    expect(run.stderr).toContain('is a folder without videos');
    const factors = project.simulator.orders().map(({ input }) => input['upscale_factor']);
    expect(factors.sort()).toEqual(['2', '4', '4']);
  });

  it('that the model does not take are refused before anything is paid', async () => {
    await using project = await openProject();
    await writeFile(join(project.folder, 'text.mp4'), 'no video at all, whatever its name says');
    await writeFile(join(project.folder, 'empty.mp4'), '');
    const run = await project.run(['run', 'text.mp4', 'empty.mp4', ...model, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 2, invalid: 2 });
    expect(run.stderr).toMatch(/text\.mp4 is not a video/);
    expect(run.stderr).toMatch(/empty\.mp4 is empty/);
    await writeVideo(project, 'good.mp4', 'good');
    const share = await project.run(['run', 'good.mp4', '--yes']);
    expect(share.stderr).toContain('accepts links to its own pages, not files');
    expect(project.simulator.counts()).toMatchObject({ createCalls: 0, uploads: [] });
  });

  it('with a row’s own inputs are items of their own', async () => {
    await using project = await openProject();
    await writeVideo(project, 'a.mp4', 'a');
    await writeFile(join(project.folder, 'rows.csv'), 'video_url,upscale_factor\na.mp4,2\n./a.mp4,4\n');
    const run = await project.run(['run', 'rows.csv', ...model, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 2, accepted: 2, saved: 2 });
    expect(
      project.simulator
        .orders()
        .map(({ input }) => input['upscale_factor'])
        .sort(),
    ).toEqual(['2', '4']);
  });
});

describe('a local video that has gone or changed since', () => {
  it.each([
    ['gone', (path: string) => rm(path), /does not exist/],
    ['changed', (path: string) => writeFile(path, Buffer.alloc(10)), /is not a video/],
  ])('is %s ends as input-unreadable, and nothing is paid', async (_name, change, message) => {
    await using project = await openProject();
    const path = await writeVideo(project, 'a.mp4', 'a');
    expect((await project.run(['enqueue', 'a.mp4', ...model])).code).toBe(0);
    await change(path);
    const run = await project.run(['run', 'a.mp4', '--batch', 'a', ...model, '--all', '--json']);
    expect(run.code).toBe(1);
    const rows = (await project.run(['export', 'a'])).stdout;
    expect(rows).toContain('input-unreadable');
    expect(rows).toMatch(message);
    expect(project.simulator.counts().createCalls).toBe(0);
  });

  it('on another machine says so', async () => {
    await using system = await startSystem();
    const { ledger } = system.session;
    await ledger.openBatch('far', { model: 'topaz/video-upscale', root: `${system.folder}/videos/` });
    const url = localAddressOf('/nowhere/a.mp4').replace(encodeURIComponent(hostname()), 'studio');
    await ledger.enqueue('far', [{ id: 'h0123', url }]);
    await system.session.startWorker(stages);
    await until(async () => (await ledger.item('h0123'))?.state === 'failed' || null, 'the link has failed');
    const item = await ledger.item('h0123');
    expect(item?.reason).toBe('input-unreadable');
    expect(item?.message).toMatch(/on the machine studio, and this worker cannot read it/);
  });
});
