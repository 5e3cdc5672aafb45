/** What a run works on, and pays for: its own batch, unless it is told otherwise. */
import { describe, expect, it } from 'vitest';
import { stages } from '../../src/shared/jobs/catalogue.ts';
import { shareLink, startSystem, testModel } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { openProject } from './executable.ts';

describe('a run', () => {
  it('leaves the links of other batches alone and names them; --all works on everything', async () => {
    await using project = await openProject();
    await project.writeLinks('other.txt', 3, 100);
    await project.writeLinks('mine.txt', 2);
    await project.run(['enqueue', 'other.txt']);
    const mine = await project.run(['run', 'mine.txt', '--yes']);
    expect(mine.code).toBe(0);
    expect(mine.stderr).toMatch(/Links also wait in other\./);
    expect(project.simulator.counts().tasks).toBe(2);
    await project.writeLinks('more.txt', 1, 200);
    const all = await project.run(['run', 'more.txt', '--yes', '--all']);
    expect(all.code).toBe(0);
    await project.run(['run', 'other.txt', '--yes']);
    expect(project.simulator.counts().tasks).toBe(6);
  });

  it('takes links as arguments, and leads the address of a list to --source', async () => {
    await using project = await openProject();
    const links = [shareLink(1), shareLink(2)];
    const run = await project.run(['run', ...links, '--batch', 'given', '--yes', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ batch: 'given', total: 2, saved: 2 });
    const refused = await project.run(['run', 'https://lists.example.com/today.csv']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('enqueue --source https://lists.example.com/today.csv');
  });
});

describe('a worker of one batch', () => {
  it('puts back what a worker that is gone had handed out of another', async () => {
    await using system = await startSystem();
    const { ledger, queues } = system.session;
    await system.give(5, 'other');
    const { ids } = await ledger.take(3);
    expect(ids).toHaveLength(3);
    await queues.addMany('submit', ids);
    const worker = await system.session.startWorker(stages, 'mine');
    await until(async () => (await queues.queue('submit').count()) === 0 || null, 'the jobs are gone');
    expect((await ledger.batch('other'))?.counts.queued).toBe(5);
    expect(system.simulator.counts().createCalls).toBe(0);
    await worker.stop(1000);

    await system.startWorker();
    expect((await system.ended('other')).counts.saved).toBe(5);
    expect(system.simulator.counts().createCalls).toBe(5);
  });

  it('shares the gate with a worker of another batch, and each link is submitted once', async () => {
    await using system = await startSystem();
    await system.give(20, 'one');
    await system.session.ledger.openBatch('two', { model: testModel, root: `${system.folder}/videos/` });
    const links = Array.from({ length: 20 }, (_, n) => shareLink(1000 + n));
    await system.session.ledger.enqueue(
      'two',
      links.map((url) => ({ id: url.slice(url.lastIndexOf('/') + 1), url })),
    );
    const second = await system.openSecondSession();
    const workers = [
      await system.session.startWorker(stages, 'one'),
      await second.startWorker(stages, 'two'),
    ];
    await Promise.all([system.ended('one'), system.ended('two')]);
    expect(system.simulator.counts().createCalls).toBe(40);
    await Promise.all(workers.map((worker) => worker.stop(1000)));
  });
});
