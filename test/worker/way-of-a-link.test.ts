/** The way of a link through all stages, against the simulated vendor and a real Redis. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/shared/clock.ts';
import { createFileStorage } from '../../src/shared/storage/file-storage.ts';
import { PART_FOLDER } from '../../src/shared/storage/part-folder.ts';
import { shareLink, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

describe('the way of a link', () => {
  it('ends with a whole, labelled video and its sidecar', async () => {
    await using system = await startSystem();
    const ids = await system.give(5);
    await system.startWorker();
    const batch = await system.ended();
    expect(batch.counts.saved).toBe(5);
    expect(batch.creditsSpent).toBe(50);
    for (const id of ids) {
      const item = await system.session.ledger.item(id);
      const stored = await readFile(item?.file ?? '');
      const source = system.simulator.resultBytesOf(item?.taskIds[0] ?? '');
      expect(stored.subarray(0, source.length).equals(source)).toBe(true);
      expect(stored.includes('trainedAlgorithmicMedia')).toBe(true);
      const sidecar = JSON.parse(await readFile(join(system.folder, 'videos', 'test', `${id}.json`), 'utf8'));
      expect(sidecar).toMatchObject({
        id,
        url: item?.url,
        taskId: item?.taskIds[0],
        sha256: item?.sha256,
        creditsSpent: 10,
      });
    }
    expect((await readdir(join(system.folder, 'videos', 'test'))).sort()).toEqual(
      ids.flatMap((id) => [`${id}.json`, `${id}.mp4`]).sort(),
    );
  });

  it('leaves nothing of a download that another worker was quicker with', async () => {
    await using system = await startSystem();
    const [id = ''] = await system.give(1);
    await system.startWorker();
    await system.ended();
    const storage = createFileStorage(join(system.folder, 'videos'), { clock: systemClock });
    const part = await storage.openPart(`test/${id}.mp4`);
    await part.begin({ validator: '"a"', totalBytes: 10 });
    await part.write(Buffer.from('12345'));
    await part.suspend();
    const parts = () => readdir(join(system.folder, 'videos', PART_FOLDER));
    expect(await parts()).not.toEqual([]);
    await system.session.queues.add('download', id, 0, { tries: 1 });
    await until(async () => (await parts()).length === 0, 'the part is removed');
    await storage.close();
  });

  it('makes one task of each link and is never refused when the limit is right', async () => {
    await using system = await startSystem({
      simulator: { limit: { max: 20, windowMs: 500 } },
      environment: { SUBMIT_LIMIT: '20/500ms' },
    });
    await system.give(120);
    await system.startWorker();
    await (await system.openSecondSession())
      .startWorker(['submit', 'status-check', 'download'])
      .then(async (second) => {
        await system.ended();
        await second.stop(1000);
      });
    const counts = system.simulator.counts();
    expect(counts.refused).toBe(0);
    expect(Object.values(counts.links).map(({ taskIds }) => taskIds.length)).toEqual(Array(120).fill(1));
  });

  it.each([
    ['create-500', 'saved'],
    ['create-html', 'saved'],
    ['create-without-id', 'saved'],
    ['record-500', 'saved'],
    ['result-cut', 'saved'],
    ['result-html', 'saved'],
  ] as const)('gets over one %s', async (fault, state) => {
    await using system = await startSystem({
      simulator: { linkFaults: [{ contains: shareLink(0), fault, times: 1 }] },
    });
    const [id = ''] = await system.give(1);
    await system.startWorker();
    await system.ended();
    expect(await system.session.ledger.item(id)).toMatchObject({ state });
  });

  it('costs a link nothing to be refused by the limit', async () => {
    await using system = await startSystem({
      simulator: { limit: { max: 5, windowMs: 400 } },
      environment: { SUBMIT_LIMIT: '50/400ms' },
    });
    const ids = await system.give(20);
    await system.startWorker();
    const batch = await system.ended();
    expect(batch.counts.saved).toBe(20);
    expect(system.simulator.counts().refused).toBeGreaterThan(0);
    const items = await Promise.all(ids.map((id) => system.session.ledger.item(id)));
    expect(items.map((item) => item?.attempts)).toEqual(ids.map(() => 1));
  });

  it('fails a rejected link with the words of the vendor, and no other', async () => {
    await using system = await startSystem({
      simulator: { linkFaults: [{ contains: shareLink(1), fault: 'create-rejected' }] },
    });
    const ids = await system.give(3);
    await system.startWorker();
    const batch = await system.ended();
    expect(batch.counts).toMatchObject({ saved: 2, failed: 1 });
    expect(batch.failures).toEqual({ rejected: 1 });
    expect((await system.session.ledger.item(ids[1] ?? ''))?.message).toBeTruthy();
  });

  it('waits out a halt without charging a link, and resumes automatically', async () => {
    await using system = await startSystem({ simulator: { credits: 0 } });
    const ids = await system.give(4);
    await system.startWorker();
    const { listHalts } = await import('../../src/shared/gate-state/halts.ts');
    const halts = () => listHalts(system.session);
    await until(
      async () => (await halts()).some(({ reason }) => reason === 'no-credits'),
      'the halt is known',
    );
    system.simulator.settings({ credits: 1000 });
    const batch = await system.ended();
    expect(batch.counts.saved).toBe(4);
    const items = await Promise.all(ids.map((id) => system.session.ledger.item(id)));
    expect(items.map((item) => item?.attempts)).toEqual([1, 1, 1, 1]);
    expect(await halts()).toEqual([]);
  });

  it('keeps the key away from the host of the results', async () => {
    await using system = await startSystem();
    await system.give(2);
    await system.startWorker();
    await system.ended();
    expect(system.simulator.counts().keyLeaks).toBe(0);
  });
});
