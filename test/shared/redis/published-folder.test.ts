/** Folders in the cache: whole or absent, whatever happens while they are made. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { identifyOwnProcess } from '../../../src/shared/redis/local/process-identity.ts';
import { publishFolder } from '../../../src/shared/redis/program/published-folder.ts';

describe('a published folder', () => {
  let parent: string;
  let target: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'kie-publish-'));
    target = join(parent, 'server');
  });
  afterEach(() => rm(parent, { recursive: true }));

  const publish = (content: string, isUsable = async () => true, clock = systemClock) =>
    publishFolder({ target, clock, fill: (folder) => writeFile(join(folder, 'file'), content), isUsable });
  const published = () => readFile(join(target, 'file'), 'utf8');

  it('appears when it is filled', async () => {
    await publish('server');
    expect(await published()).toBe('server');
    expect(await readdir(parent)).toEqual(['server']);
  });

  it('does not appear when filling fails, and nothing is left', async () => {
    const attempt = publishFolder({
      target,
      clock: systemClock,
      isUsable: async () => true,
      fill: async (folder) => {
        await writeFile(join(folder, 'file'), 'half');
        throw new Error('the network went away');
      },
    });
    await expect(attempt).rejects.toThrow('the network went away');
    expect(await readdir(parent)).toEqual([]);
  });

  it('is the first of several made at the same time', async () => {
    await Promise.all(['a', 'b', 'c'].map((content) => publish(content)));
    expect(['a', 'b', 'c']).toContain(await published());
    expect(await readdir(parent)).toEqual(['server']);
  });

  it('takes the place of one that is of no use', async () => {
    await publish('damaged');
    await publish('good', async () => false);
    expect(await published()).toBe('good');
    expect(await readdir(parent)).toEqual(['server']);
  });

  it('is created next to the remains of a killed process, which are removed, unlike those of a live one', async () => {
    const own = await identifyOwnProcess();
    await leave('.fetching-killed', JSON.stringify({ ...own, startedAt: 'long ago' }));
    await leave('.fetching-living', JSON.stringify(own));
    await leave('.fetching-unknown', '{"pid":');
    await publish('server');
    expect((await readdir(parent)).sort()).toEqual(['.fetching-living', '.fetching-unknown', 'server']);
  });

  it('removes work folders without an owner after some time', async () => {
    await leave('.fetching-unknown', '{"pid":');
    await publish('server', undefined, { now: () => systemClock.now() + 7 * 60 * 60 * 1000 });
    expect(await readdir(parent)).toEqual(['server']);
  });

  async function leave(name: string, owner: string): Promise<void> {
    await mkdir(join(parent, name));
    await writeFile(join(parent, name, 'owner.json'), owner);
  }
});
