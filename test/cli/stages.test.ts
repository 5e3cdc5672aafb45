/** `enqueue`, `worker`, `status`, `export`, `retry` and `simulate` as processes, joined by Redis alone. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ledgerKeys } from '../../src/shared/ledger/keys.ts';
import { connectTestRedis } from '../setup/redis.ts';
import { shareLink } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { openProject, type Project } from './executable.ts';

const statusSchema = z.looseObject({ ended: z.boolean(), saved: z.number(), queued: z.number() });

async function statusOf(project: Project, batch: string) {
  const { stdout } = await project.run(['status', batch, '--json']);
  return statusSchema.parse(JSON.parse(stdout));
}

function rowsOf(stdout: string): Record<string, unknown>[] {
  const row = z.record(z.string(), z.unknown());
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => row.parse(JSON.parse(line)));
}

describe.concurrent('the stages of the work, each a process', () => {
  it('enqueue, a worker elsewhere, status and export tell one story', async () => {
    await using project = await openProject({
      simulator: { linkFaults: [{ contains: shareLink(4), fault: 'create-rejected' }] },
    });
    await project.writeLinks('links.txt', 5);
    const given = await project.run(['enqueue', 'links.txt', '--json']);
    expect([given.code, JSON.parse(given.stdout)]).toEqual([
      0,
      { batch: 'links', total: 5, accepted: 5, duplicates: 0, alreadySaved: 0, invalid: 0 },
    ]);
    expect(await statusOf(project, 'links')).toMatchObject({ ended: false, queued: 5 });

    const worker = project.start(['worker', '--json'], { LOG_LEVEL: 'info' });
    await until(async () => (await statusOf(project, 'links')).ended, 'the batch has ended');
    worker.child.kill('SIGTERM');
    const stopped = await worker.ended;
    expect([stopped.code, stopped.stdout]).toEqual([0, '']);
    for (const line of stopped.stderr.trimEnd().split('\n')) {
      if (!line.startsWith('Stopping ')) expect(() => JSON.parse(line)).not.toThrow();
    }

    const people = await project.run(['status']);
    expect(people.stdout).toMatch(/links: 4 saved, 1 failed \(ended\)\n {2}failed: 1 rejected/);
    const exported = await project.run(['export', 'links']);
    const rows = rowsOf(exported.stdout);
    expect([exported.code, exported.stderr, rows.length]).toEqual([0, '', 5]);
    expect(rows[0]).toMatchObject({
      id: shareLink(0).slice(shareLink(0).lastIndexOf('/') + 1),
      url: shareLink(0),
      model: 'sora-watermark-remover',
      batch: 'links',
      state: 'saved',
      reason: null,
      attempts: 1,
      creditsSpent: 10,
      savedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    const failed = await project.run(['export', 'links', '--state', 'failed', '--reason', 'rejected']);
    expect(rowsOf(failed.stdout)).toMatchObject([{ url: shareLink(4), reason: 'rejected', taskId: null }]);
    const csv = await project.run(['export', 'links', '--format', 'csv']);
    expect(csv.stdout).toMatch(/^\uFEFFid,url,inputs,model,/);
    expect(csv.stdout.trimEnd().split('\r\n')).toHaveLength(6);
  });

  it('enqueue is quiet when nothing is new, so that cron sends no mail', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 2);
    expect((await project.run(['enqueue', 'links.txt'])).stdout).toBe(
      'links: 2 accepted, 0 duplicate, 0 already saved, 0 invalid\n',
    );
    expect(await project.run(['enqueue', 'links.txt'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('retry takes up what failed for the given reason alone, and a worker saves it', async () => {
    await using project = await openProject({
      simulator: {
        linkFaults: [
          { contains: shareLink(0), fault: 'create-rejected', times: 1 },
          { contains: shareLink(1), fault: 'task-fails-422', times: 1 },
        ],
      },
    });
    await project.writeLinks('links.txt', 3);
    expect((await project.run(['run', 'links.txt'])).code).toBe(1);
    const retried = await project.run(['retry', 'links', '--reason', 'rejected', '--json']);
    expect([retried.code, JSON.parse(retried.stdout)]).toMatchObject([0, { batch: 'links', retried: 1 }]);
    expect((await project.run(['run', 'links.txt'])).code).toBe(1);
    expect(await statusOf(project, 'links')).toMatchObject({ saved: 2, failed: 1 });
    await project.run(['retry', 'links']);
    expect((await project.run(['run', 'links.txt'])).code).toBe(0);
  });

  it('simulate says where it listens, answers, and ends with 0 at Ctrl-C', async () => {
    await using project = await openProject();
    const simulator = project.start(['simulate', '--port', '0', '--json']);
    await simulator.says(/"url"/);
    simulator.child.kill('SIGINT');
    const { code, stdout, stderr } = await simulator.ended;
    expect(code).toBe(0);
    expect(z.object({ url: z.url() }).parse(JSON.parse(stdout)).url).toMatch(/^http:\/\/127/);
    expect(stderr).toMatch(/KIE_BASE_URL=http/);
  });

  it('an enqueue that is killed and repeated takes every link once', async () => {
    await using project = await openProject();
    await project.writeLinks('many.txt', 20_000);
    const redis = connectTestRedis();
    try {
      const taken = () => redis.llen(ledgerKeys(project.prefix).items('many'));
      const killed = project.start(['enqueue', 'many.txt']);
      await until(async () => (await taken()) > 0, 'the first links are taken');
      killed.child.kill('SIGKILL');
      await killed.ended;
      const before = await taken();
      const again = await project.run(['enqueue', 'many.txt', '--json']);
      expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 20_000 - before, duplicates: before });
      expect(await taken()).toBe(20_000);
      expect(await statusOf(project, 'many')).toMatchObject({ queued: 20_000 });
    } finally {
      await redis.quit();
    }
  });
});
