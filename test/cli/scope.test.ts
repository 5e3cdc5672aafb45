/** What a run processes and pays for: its own batch, unless options say otherwise. */
import { once } from 'node:events';
import { createServer } from 'node:http';
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
    expect(mine.stderr).toMatch(
      /Links of other batches wait too[\s\S]*\n {2}npm start -- run --batch other\n/,
    );
    expect(project.simulator.counts().tasks).toBe(2);
    await project.writeLinks('more.txt', 1, 200);
    const all = await project.run(['run', 'more.txt', '--yes', '--all']);
    expect(all.code).toBe(0);
    await project.run(['run', 'other.txt', '--yes']);
    expect(project.simulator.counts().tasks).toBe(6);
  });

  it('that is left to workers says why it does not move, and tells no time', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 3);
    const why = 'No worker is running. Start one with npm start -- worker.';
    expect((await project.run(['enqueue', 'links.txt'])).stderr).toContain(why);
    const status = await project.run(['status']);
    expect(status.stdout).toMatch(new RegExp(`^${why} 3 links to go\\.\nlinks: 3 queued\n {2}${why}\n`));
    expect(status.stdout).not.toMatch(/left|done in/);
    expect(JSON.parse((await project.run(['status', '--json'])).stdout)).toMatchObject({
      situation: 'no-worker',
      batches: [{ batch: 'links', situation: 'no-worker', etaSeconds: null }],
    });
    expect((await project.run(['list'])).stdout).toContain(`${why} 3 links to go.`);
    await project.run(['pause', 'links']);
    expect((await project.run(['status', 'links'])).stdout).toMatch(
      /Batch links is paused\. Resume it with npm start -- resume links\./,
    );
  });

  it('warns when the clock disagrees with the vendor’s', async () => {
    await using project = await openProject();
    await using vendor = await serveLate(project.simulator.url);
    await project.writeLinks('links.txt', 1);
    expect((await project.run(['run', 'links.txt', '--yes'])).stderr).not.toMatch(/clock/);
    const late = await project.run(['run', 'links.txt', '--yes'], {
      environment: { KIE_BASE_URL: vendor.url },
    });
    expect([late.code, late.stderr]).toEqual([
      0,
      expect.stringMatching(
        /Warning: this machine’s clock is 1 h 0 min ahead of the vendor’s; set the clock/,
      ),
    ]);
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

/** The simulated vendor with a clock an hour behind ours. */
async function serveLate(target: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(async ({ url = '', headers }, response) => {
    const answer = await fetch(`${target}${url}`, {
      headers: { authorization: headers.authorization ?? '' },
    });
    response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('a worker of one batch', () => {
  it('puts back what a worker that is gone had handed out of another', async () => {
    await using system = await startSystem();
    const { ledger, queues } = system.session;
    await system.give(5, 'other');
    const { ids } = await ledger.take(3);
    expect(ids).toHaveLength(3);
    await queues.addMany('submit', ids);
    const worker = await system.session.startWorker(stages, 'mine');
    await until(
      async () => (await (await queues.queue('submit')).count()) === 0 || null,
      'the jobs are gone',
    );
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
