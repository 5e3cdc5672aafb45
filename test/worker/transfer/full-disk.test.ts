/** A disk that fills up, for real: needs the right to mount a small tmpfs, and is skipped without it. */

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fetchResult } from '../../../src/worker/transfer/fetch-result.ts';
import type { TransferDeps } from '../../../src/worker/transfer/transfer-deps.ts';
import { until } from '../../setup/until.ts';
import { sampleMp4 } from '../../shared/media/sample-mp4.ts';
import { type Behaviour, type ResultHost, startResultHost } from './result-host.ts';
import { createDeps, filesIn, requestFor } from './set-up.ts';

const MIB = 1024 * 1024;

async function mountSmallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder]).status === 0;
  if (!mounted) await rm(folder, { recursive: true });
  return mounted ? folder : undefined;
}

const disk = await mountSmallDisk();
if (disk === undefined) console.warn('skipped: this user may not mount a tmpfs');

describe.skipIf(disk === undefined)('a disk that fills up', () => {
  const root = disk ?? '';
  const ballast = join(root, 'ballast');
  const bytes = sampleMp4('s_1', 5 * MIB);
  let host: ResultHost;
  let deps: TransferDeps;

  beforeAll(async () => {
    host = await startResultHost();
  });
  afterAll(async () => {
    await host.close();
    spawnSync('umount', [root]);
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    deps = await createDeps(root);
  });
  afterEach(async () => {
    await deps.outgoing.close();
    for (const file of await filesIn(root)) await rm(join(root, file));
  });

  function fetchOne(minFreeBytes: number, behaviours: Behaviour[] = []) {
    const url = host.serve('/s_1.mp4', { bytes, etag: '"v1"', behaviours });
    const request = { ...requestFor('s_1', url), expect: { minFreeBytes } };
    return fetchResult(request, deps, new AbortController().signal);
  }

  const untold: Behaviour = (_, response, file) => {
    response.writeHead(200, { etag: '"v1"' });
    response.write(file.bytes.subarray(0, 100));
    response.end(file.bytes.subarray(100));
    return false;
  };

  test('is found full before it is, by the announced length and the reserve', async () => {
    await writeFile(ballast, Buffer.alloc(2 * MIB));
    const reply = await fetchOne(2 * MIB);
    if (reply.kind !== 'storage-full') throw new Error(JSON.stringify(reply));
    expect(reply.freeBytes).toBeLessThanOrEqual(6 * MIB);
    expect(reply.neededBytes).toBeGreaterThan(7 * MIB);
    await rm(ballast);
    await expect.poll(() => fetchOne(2 * MIB)).toMatchObject({ kind: 'stored' });
  });

  test('that fills up in the middle loses nothing, and the transfer continues when space is back', async () => {
    await writeFile(ballast, Buffer.alloc(5 * MIB));
    expect(await fetchOne(0, [untold])).toMatchObject({ kind: 'storage-full' });
    expect((await filesIn(root)).filter((name) => name.includes('batch'))).toEqual([]);
    await rm(ballast);
    // The free space is told once for all who ask within a moment.
    const reply = await until(async () => {
      const fetched = await fetchOne(0);
      return fetched.kind === 'stored' ? fetched : null;
    }, 'the space is seen');
    expect(reply.resumedFromBytes).toBeGreaterThan(MIB);
    expect(host.seen.at(-1)?.range).toBe(`bytes=${reply.resumedFromBytes}-`);
    expect(await filesIn(root)).toEqual(['batch/s_1.json', 'batch/s_1.mp4']);
  });

  test('whose space comes back before it is measured needs no more than the reserve', async () => {
    await writeFile(ballast, Buffer.alloc(5 * MIB));
    const { storage } = deps;
    const probe: typeof storage.probe = async (beside) => {
      await rm(ballast);
      await storage.probe(beside);
    };
    // The free space is told once for all who ask within a moment.
    const freeBytes = async () => 7 * MIB;
    deps = { ...deps, storage: { ...storage, probe, freeBytes } };
    expect(await fetchOne(1000, [untold])).toEqual({
      kind: 'storage-full',
      freeBytes: 7 * MIB,
      neededBytes: 1000,
    });
  });
});
