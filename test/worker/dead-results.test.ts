/**
 * Result URLs that are dead while the vendor keeps the file: everything is saved, with few minted links, and nothing
 * is paid again.
 */
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fetchMissing } from '../../src/producer/fetch-missing.ts';
import { retryBatch } from '../../src/producer/retry-batch.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { createItemHistory } from '../../src/shared/item-history/item-history.ts';
import { createBatchOperations } from '../../src/shared/ledger/batch-operations.ts';
import { createFileStorage } from '../../src/shared/storage/file-storage.ts';
import { resultKeys } from '../../src/shared/storage/result-key.ts';
import { startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const sidecarSchema = z.looseObject({ via: z.string().nullable() });

async function viaOf(folder: string, id: string): Promise<string | null> {
  const text = await readFile(join(folder, 'videos', 'test', `${id}.json`), 'utf8');
  return sidecarSchema.parse(JSON.parse(text)).via;
}

describe('dead result URLs', () => {
  it('of a third of 300 links: all saved, one task and at most two minted links each', async () => {
    await using system = await startSystem({ simulator: { deadResultShare: 0.33 } });
    const ids = await system.give(300);
    await system.startWorker();
    const { counts, creditsSpent, possiblyPaidTwice } = await system.ended();
    expect({ saved: counts.saved, creditsSpent, possiblyPaidTwice }).toEqual({
      saved: 300,
      creditsSpent: 3000,
      possiblyPaidTwice: 0,
    });
    const { tasks, mints, keyLeaks } = system.simulator.counts();
    expect({ tasks, keyLeaks }).toEqual({ tasks: 300, keyLeaks: 0 });
    const perTask = Object.values(mints);
    expect(perTask.length).toBeGreaterThan(60);
    expect(Math.max(...perTask)).toBeLessThanOrEqual(2);
    const vias = await Promise.all(ids.map((id) => viaOf(system.folder, id)));
    expect(vias.filter((via) => via === 'minted-url')).toHaveLength(perTask.length);
    expect(vias.filter((via) => via === 'result-url')).toHaveLength(300 - perTask.length);
  });

  it('are followed by the URL of the updated record, where no link is minted', async () => {
    await using system = await startSystem({
      simulator: { deadResultShare: 1, mintedLinks: 'refused', resultUrls: 'fresh' },
    });
    const [id = ''] = await system.give(1);
    await system.startWorker();
    expect((await system.ended()).counts.saved).toBe(1);
    expect(await viaOf(system.folder, id)).toBe('record-again');
    const itemHistory = createItemHistory(system.session);
    expect((await itemHistory.story(id)).at(-1)?.message).toMatch(/updated record/);
  });

  it('of deleted files are no obstacle to fetching them again', async () => {
    await using system = await startSystem({ simulator: { deadResultShare: 1 } });
    const [id = ''] = await system.give(1);
    await system.startWorker();
    await system.ended();
    const file = join(system.folder, 'videos', 'test', `${id}.mp4`);
    await rm(file);
    const storage = createFileStorage(join(system.folder, 'videos'), { clock: systemClock });
    const verify = { storage, keyOf: resultKeys('{batch}/{id}.mp4') };
    expect(await fetchMissing('test', { ...system.session, verify })).toMatchObject({ fetchedAgain: 1 });
    await system.ended();
    expect((await stat(file)).size).toBeGreaterThan(1000);
    expect(system.simulator.counts()).toMatchObject({ tasks: 1, creditsSpent: 10 });
  });

  it('fail with the day until which the file is kept when no way leads to it, and retry takes the same ways', async () => {
    await using system = await startSystem({ simulator: { deadResultShare: 1, mintedLinks: 'dead' } });
    const { ledger, queues, redis } = system.session;
    const prefix = system.environment['QUEUE_PREFIX'] ?? '';
    const [id = ''] = await system.give(1);
    await system.startWorker();
    await until(async () => {
      const job = await (await queues.queue('download')).getJob(id);
      if (await job?.isDelayed()) await job?.promote().catch(() => undefined);
      return (await ledger.item(id))?.state === 'failed';
    }, 'every way was tried');
    const failed = await ledger.item(id);
    expect(failed).toMatchObject({ reason: 'download-failed', creditsSpent: 10 });
    expect(failed?.message).toMatch(/HTTP 403; the vendor keeps the file until .* retry test tries again/);
    system.simulator.settings({ mintedLinks: 'work' });
    const operations = createBatchOperations({ redis, prefix });
    await retryBatch('test', { operations, queues });
    expect((await system.ended()).counts.saved).toBe(1);
    expect(await viaOf(system.folder, id)).toBe('minted-url');
    expect(system.simulator.counts()).toMatchObject({ tasks: 1, creditsSpent: 10 });
  });
});
