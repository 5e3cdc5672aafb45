/** What a list says of a link beside it: carried into names, sidecars and exports where somebody asks for it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectTestRedis } from '../setup/redis.ts';
import { shareLink } from '../setup/system.ts';
import { openProject } from './executable.ts';

const list = [
  'Title,url,note',
  `Summer: trip,${shareLink(1)},first`,
  `,${shareLink(2)},${'x'.repeat(500)}`,
].join('\n');

it('names files by a column, and carries columns and line number into sidecar and export', async () => {
  const environment = { PATH_TEMPLATE: '{batch}/{column:title}-{id}.mp4' };
  await using project = await openProject({ environment });
  await project.write('clips.csv', list);
  const run = await project.run(['run', 'clips.csv', '--yes', '--keep-columns', 'note']);
  expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('Columns kept: Title, note.')]);
  const names = await readdir(join(project.folder, 'videos', 'clips'));
  expect(names.map((name) => name.split('-')[0])).toEqual(['Summer_ trip', 'Summer_ trip', 'none', 'none']);
  const rows = (await project.run(['export', 'clips'])).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows[0].row).toEqual({ line: 2, columns: { Title: 'Summer: trip', note: 'first' } });
  expect(rows[1].row).toEqual({ line: 3, columns: { note: 'x'.repeat(200) } });
  const sidecar = JSON.parse(await readFile(rows[0].file.replace(/\.mp4$/, '.json'), 'utf8'));
  expect(sidecar.row).toEqual(rows[0].row);
  expect((await project.run(['export', 'clips', '--format', 'csv', '--verify'])).code).toBe(0);
});

it('keeps nothing in Redis by default', async () => {
  await using project = await openProject();
  const redis = connectTestRedis();
  await project.write('clips.csv', list);
  await project.run(['enqueue', 'clips.csv']);
  const [key = ''] = await redis.keys(`${project.prefix}:item:*`);
  expect(await redis.hkeys(key)).not.toContain('R');
  await project.run(['enqueue', 'clips.csv', '--batch', 'all', '--keep-columns', 'all', '--force']);
  await redis.quit();
  const exported = JSON.parse((await project.run(['export', 'clips'])).stdout.split('\n')[0] ?? '');
  expect(exported.row).toBeNull();
});

it('lists without columns keep the line', async () => {
  await using project = await openProject();
  await project.writeLinks('links.txt', 2);
  await project.run(['enqueue', 'links.txt', '--keep-columns', 'all']);
  const rows = (await project.run(['export', 'links'])).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ row }) => row)).toEqual([
    { line: 1, columns: {} },
    { line: 2, columns: {} },
  ]);
});
