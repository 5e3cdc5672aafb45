/** `export --verify` and `retry --missing` as processes: what a user has deleted is noticed, and comes back unpaid. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mayMount } from '../setup/may-mount.ts';
import { openProject, type Project } from './executable.ts';

const rowSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  message: z.string().nullable(),
  file: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  creditsSpent: z.number(),
  verdict: z.string().nullable(),
  finding: z.string().nullable(),
});

async function verify(project: Project) {
  const { code, stdout, stderr } = await project.run(['export', 'list', '--verify']);
  return {
    code,
    stderr,
    rows: stdout
      .trim()
      .split('\n')
      .map((line) => rowSchema.parse(JSON.parse(line))),
  };
}

async function savedProject(count: number): Promise<Project> {
  const project = await openProject();
  await project.writeLinks('list.txt', count);
  expect((await project.run(['run', '--yes', 'list.txt'])).code).toBe(0);
  return project;
}

/** Adds nothing to the batch but a link that is there already, so that a worker runs until all is done. */
const goOn = (project: Project, environment = {}) =>
  project.run(['run', '--yes', '--json', 'list.txt'], { environment });

describe.concurrent('a file that a user has deleted', () => {
  it('is found among changed ones, and downloaded again without another task', async () => {
    await using project = await savedProject(4);
    const before = await verify(project);
    expect([before.code, before.rows.map(({ verdict }) => verdict)]).toEqual([0, Array(4).fill('intact')]);
    expect(before.stderr).toBe('4 saved links: 4 intact\n');

    const [deleted, shortened, rewritten] = before.rows;
    const video = await readFile(deleted?.file ?? '');
    await rm(deleted?.file ?? '');
    const other = await readFile(shortened?.file ?? '');
    await writeFile(shortened?.file ?? '', other.subarray(0, -1));
    other[other.length - 9] = (other[other.length - 9] ?? 0) ^ 1;
    await writeFile(rewritten?.file ?? '', other);
    const damaged = await verify(project);
    expect([damaged.code, damaged.rows.map(({ verdict }) => verdict)]).toEqual([
      1,
      ['missing', 'changed', 'changed', 'intact'],
    ]);
    expect(damaged.rows[1]?.finding).toMatch(/bytes: \d+ instead of \d+/);
    expect(damaged.stderr).toMatch(/4 saved links: 1 intact, 1 missing, 2 changed\n.*retry list --missing/);
    const csv = await project.run(['export', 'list', '--verify', '--format', 'csv']);
    expect(csv.stdout.split('\r\n')[0]).toMatch(/savedAt,possiblyPaidTwice,row,verdict,finding$/);

    const retried = await project.run(['retry', 'list', '--missing', '--json']);
    expect(JSON.parse(retried.stdout)).toEqual({
      batch: 'list',
      missing: 1,
      fetchedAgain: 1,
      withoutTask: 0,
    });
    await goOn(project);
    const [restored, ...rest] = (await verify(project)).rows;
    expect(restored).toEqual({ ...deleted, savedAt: restored?.['savedAt'] });
    expect(await readFile(deleted?.file ?? '')).toEqual(video);
    expect(rest.map(({ verdict }) => verdict)).toEqual(['changed', 'changed', 'intact']);
    expect(project.simulator.counts().tasks).toBe(4);
  });

  it('leaves its link saved, with a message, where it cannot be fetched any more', async () => {
    await using project = await savedProject(2);
    const { rows } = await verify(project);
    await rm(rows[0]?.file ?? '');
    await project.run(['retry', 'list', '--missing']);
    // The results of the simulated vendor are on a private address: refused, no attempt can succeed.
    const end = await goOn(project, { ALLOW_PRIVATE_ADDRESSES: 'false' });
    expect(JSON.parse(end.stdout)).toMatchObject({ failed: 0, cancelled: 0 });
    const [lost] = (await verify(project)).rows;
    expect(lost).toMatchObject({ state: 'saved', verdict: 'missing', creditsSpent: 10 });
    expect(lost?.message).toMatch(/could not be fetched again/);
    expect(project.simulator.counts().tasks).toBe(2);
  });

  it('is not looked for in another storage, nor confused with a reason of failure', async () => {
    await using project = await savedProject(1);
    const environment = { STORAGE_URL: 'file:./elsewhere' };
    const { code, stderr } = await project.run(['export', 'list', '--verify'], { environment });
    expect([code, stderr]).toEqual([1, '1 saved link: 1 in another storage, not checked\n']);
    const retried = await project.run(['retry', 'list', '--missing', '--json'], { environment });
    expect(JSON.parse(retried.stdout)).toMatchObject({ missing: 0 });
    const wrong = await project.run(['retry', 'list', '--missing', '--reason', 'rejected']);
    expect(wrong.code).toBe(2);
  });

  it.skipIf(!mayMount)('is not found missing while the disk of the storage is not mounted', async () => {
    await using project = await openProject();
    const [real, root] = [join(project.folder, 'disk'), join(project.folder, 'mounted')];
    await Promise.all([mkdir(real), mkdir(root)]);
    expect(spawnSync('mount', ['--bind', real, root]).status).toBe(0);
    const environment = { STORAGE_URL: `file:${root}` };
    await project.writeLinks('list.txt', 2);
    expect((await project.run(['run', '--yes', 'list.txt'], { environment })).code).toBe(0);
    expect(spawnSync('umount', ['-l', root]).status).toBe(0);
    for (const command of [
      ['export', 'list', '--verify'],
      ['retry', 'list', '--missing'],
    ]) {
      const { code, stderr } = await project.run(command, { environment });
      expect([code, stderr]).toEqual([2, expect.stringMatching(/is not the folder that was used before/)]);
    }
    const { stdout } = await project.run(['status', 'list', '--json'], { environment });
    expect(JSON.parse(stdout)).toMatchObject({ saved: 2 });
  });
});
