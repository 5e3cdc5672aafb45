/**
 * A disk that fills up under the whole of kie-batch, for real: needs the right to mount a small tmpfs, and is skipped
 * without it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listHalts } from '../../src/shared/gate-state/halts.ts';
import { startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const mib = 1024 * 1024;

async function mountSmallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-disk-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]).status === 0;
  if (!isMounted) await rm(folder, { recursive: true });
  return isMounted ? folder : undefined;
}

const disk = await mountSmallDisk();
if (disk === undefined) console.warn('skipped: this user may not mount a tmpfs');

describe.skipIf(disk === undefined)('a disk that fills up', () => {
  const root = disk ?? '';
  const ballast = join(root, 'ballast');

  afterAll(async () => {
    spawnSync('umount', [root]);
    await rm(root, { recursive: true, force: true });
  });

  it('halts the work, loses nothing, and lets it continue by itself when space is back', async () => {
    await writeFile(ballast, Buffer.alloc(18 * mib));
    await using system = await startSystem({
      simulator: { resultBytes: 2 * mib },
      // Hardly a reserve, and more transfers at once than the disk holds: the disk itself says no.
      environment: { STORAGE_URL: `file:${root}/videos`, MIN_FREE_BYTES: '64KiB' },
    });
    const { ledger, redis } = system.session;
    const prefix = system.environment['QUEUE_PREFIX'] ?? '';
    const ids = await system.give(8);
    await system.startWorker();
    const halt = await until(async () => (await listHalts({ redis, prefix }))[0] ?? null, 'the disk is full');
    expect(halt).toMatchObject({ reason: 'storage-full', message: expect.stringMatching(/MiB free/) });
    expect((await ledger.batch('test'))?.counts).toMatchObject({ failed: 0 });
    await rm(ballast);
    expect((await system.ended()).counts).toMatchObject({ saved: 8, failed: 0 });
    await until(async () => (await listHalts({ redis, prefix })).length === 0, 'the halt is over');
    expect(system.simulator.counts().tasks).toBe(8);
    expect((await readdir(join(root, 'videos', 'test'))).sort()).toEqual(
      ids.flatMap((id) => [`${id}.json`, `${id}.mp4`]).sort(),
    );
    expect(await readdir(join(root, 'videos', '.unfinished'))).toEqual([]);
  });
});
