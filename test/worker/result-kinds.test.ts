/** Tasks with several results, results of other kinds, and videos that arrive whole and cannot be played. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../src/simulator/faults.ts';
import { startSystem } from '../setup/system.ts';

async function collect(resultKinds: string, fault?: FaultName) {
  const linkFaults = fault === undefined ? [] : [{ contains: 's_', fault }];
  await using system = await startSystem({ simulator: { resultKinds, linkFaults } });
  const [id = ''] = await system.give(1);
  await system.startWorker();
  await system.ended();
  const item = await system.session.ledger.item(id);
  const folder = join(system.folder, 'videos', 'test');
  const files = await readdir(folder).catch(() => []);
  const names = files.map((name) => name.replace(id, 'id')).sort();
  return { item, names, tasks: system.simulator.counts().tasks };
}

describe('the results of a task', () => {
  it('may be of mixed kinds: each is stored with the ending of its kind and a sidecar', async () => {
    const { item, names } = await collect('mp4,png,mp3,webm');
    expect(item?.state).toBe('saved');
    expect(names).toEqual([
      'id-2.json',
      'id-2.png',
      'id-3.json',
      'id-3.mp3',
      'id-4.json',
      'id-4.webm',
      'id.json',
      'id.mp4',
    ]);
  });

  it('are saved without a thumbnail that cannot be fetched', async () => {
    const { item, names, tasks } = await collect('mp4,png', 'task-other-results-missing');
    expect([item?.state, item?.message]).toEqual(['saved', null]);
    expect(names).toEqual(['id.json', 'id.mp4']);
    expect(tasks).toBe(1);
  });

  it('may be an image alone', async () => {
    const { item, names } = await collect('png');
    expect(item?.file).toMatch(/\.png$/);
    expect(names).toEqual(['id.json', 'id.png']);
  });
});

describe('a video that arrives whole', () => {
  it.each<FaultName>(['task-empty-mdat', 'task-samples-beyond'])(
    'is refused with %s',
    async (fault) => {
      const { item, names, tasks } = await collect('mp4', fault);
      expect([item?.state, item?.reason]).toEqual(['failed', 'result-invalid']);
      expect(names).toEqual([]);
      expect(tasks).toBe(1);
    },
    60_000,
  );

  it('is taken with zeros behind its last box', async () => {
    const { item, names } = await collect('mp4', 'task-padded-result');
    expect(item?.state).toBe('saved');
    expect(names).toEqual(['id.json', 'id.mp4']);
  });
});
