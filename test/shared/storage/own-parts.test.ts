/** The parts that a process owns, on a file system that changes under them. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { createOwnParts } from '../../../src/shared/storage/own-parts.ts';
import { openStorageFolder } from '../../../src/shared/storage/storage-folder.ts';
import { mayMount } from '../../setup/may-mount.ts';

test.skipIf(!mayMount)(
  'a file that could not be removed from a read-only disk is removed after the next write that works',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'kie-batch-parts-'));
    const parts = createOwnParts(openStorageFolder(root, undefined), {
      clock: systemClock,
      abandonedAfterMs: 60_000,
    });
    await mkdir(parts.folder);
    const mount = (...args: string[]) => expect(spawnSync('mount', args).status).toBe(0);
    const failed = parts.withTemporary('probe', 'probe', async () => {
      mount('--bind', parts.folder, parts.folder);
      mount('-o', 'remount,bind,ro', parts.folder);
      throw new Error('the first failure');
    });
    await expect(failed).rejects.toThrow('the first failure');
    expect(await readdir(parts.folder)).toHaveLength(1);
    expect(spawnSync('umount', [parts.folder]).status).toBe(0);

    await parts.writeWhole(join(root, '.probe'), 'probe', 'probe');
    expect(await readdir(parts.folder)).toEqual([]);
    await rm(root, { recursive: true });
  },
);
