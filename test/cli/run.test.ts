/** `run` as a process: what it saves, prints and ends with, and how it ends when it is interrupted or killed. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectTestRedis } from '../setup/redis.ts';
import { shareLink } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { openProject, type Project } from './executable.ts';

async function videosOf(project: Project, batch: string): Promise<string[]> {
  const files = await readdir(join(project.folder, 'videos', batch)).catch(() => []);
  return files.filter((file) => file.endsWith('.mp4'));
}

/** Slow enough to be met in the middle. */
const slow = {
  simulator: { limit: { max: 10, windowMs: 500 }, taskTime: '300ms' },
  environment: { SUBMIT_LIMIT: '10/500ms' },
};

describe.concurrent('run', () => {
  it('saves every link, prints one object and nothing else on standard output, and ends with 0', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 12);
    const { code, stdout, stderr } = await project.run(['run', 'links.txt', '--json']);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const summary: unknown = JSON.parse(stdout);
    expect(summary).toEqual({
      batch: 'links',
      total: 12,
      accepted: 12,
      duplicates: 0,
      invalid: 0,
      alreadySaved: 0,
      saved: 12,
      failed: 0,
      cancelled: 0,
      held: 0,
      possiblyPaidTwice: 0,
      creditsSpent: 120,
      bytes: expect.any(Number),
      seconds: expect.any(Number),
    });
    expect(stderr).toMatch(/12 videos saved/);
    expect(await videosOf(project, 'links')).toHaveLength(12);

    const again = await project.run(['run', 'links.txt', '--json']);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ alreadySaved: 12, saved: 0, accepted: 0 });
    expect(project.simulator.counts().tasks).toBe(12);
  });

  it('ends with 2 and says what to do when Redis has lost its batch, and enqueues the links again when rerun', async () => {
    await using project = await openProject(slow);
    await project.writeLinks('links.txt', 40);
    const running = project.start(['run', 'links.txt']);
    await until(() => project.simulator.counts().tasks > 0, 'a task is made');
    const redis = connectTestRedis();
    await redis.del(await redis.keys(`${project.prefix}*`));
    await redis.quit();
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: Redis has lost the batch "links".*Rerun/m),
    ]);
    expect((await project.run(['run', 'links.txt'])).code).toBe(0);
  });

  it('counts everything in a messy list, names the bad lines, and ends with 1', async () => {
    await using project = await openProject();
    const lines = [
      `\uFEFF${shareLink(0)}`,
      '',
      '# a comment',
      shareLink(1),
      `  ${shareLink(1)}?utm_source=x#top  `,
      'not a link',
      'https://example.com/p/s_1',
      `${shareLink(2)}${'a'.repeat(600)}`,
      shareLink(3),
    ];
    const messy = Buffer.concat([
      Buffer.from(lines.join('\r\n')),
      Buffer.from('\r\n'),
      Buffer.from([0xff, 0xfe, 0x20, 0xc3]),
      Buffer.from('\r\n'),
    ]);
    await project.write('messy.txt', messy);
    const { code, stdout, stderr } = await project.run(['run', 'messy.txt', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ total: 8, accepted: 3, duplicates: 1, invalid: 4, saved: 3 });
    expect(code).toBe(1);
    for (const line of [6, 7, 8, 10]) expect(stderr).toMatch(new RegExp(`messy\\.txt:${line}(?:: | — )`));
  });

  it('takes links from standard input, and has nothing to do with an empty list', async () => {
    await using project = await openProject();
    const input = `url,title\n${shareLink(7)},Boats\n`;
    const given = await project.run(['run', '--batch', 'piped', '--json', '-'], { input });
    expect(JSON.parse(given.stdout)).toMatchObject({ batch: 'piped', saved: 1 });
    expect(given.code).toBe(0);
    await project.write('empty.txt', '');
    const empty = await project.run(['run', 'empty.txt', '--json']);
    expect([empty.code, JSON.parse(empty.stdout)]).toMatchObject([0, { total: 0, saved: 0 }]);
  });

  it('ends with 1 when a link failed, and says how to see which and to try it again', async () => {
    await using project = await openProject({
      simulator: { linkFaults: [{ contains: shareLink(1), fault: 'create-rejected' }] },
    });
    await project.writeLinks('links.txt', 3);
    const { code, stdout, stderr } = await project.run(['run', 'links.txt']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /1 failed: rejected[\s\S]*npm start -- export links[\s\S]*npm start -- retry links/,
    );
  });

  it('ends with 3 at a halt when it is asked to, and the links stay queued', async () => {
    await using project = await openProject({ simulator: { credits: 0 } });
    await project.writeLinks('links.txt', 3);
    const { code, stdout, stderr } = await project.run(['run', 'links.txt', '--exit-on-halt', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 3, saved: 0, failed: 0 });
    expect(stderr).toMatch(/no-credits[\s\S]*top up[\s\S]*3 links stay queued/);
  });

  it('ends in good order at the first Ctrl-C, says how to continue, and continues', async () => {
    await using project = await openProject(slow);
    await project.writeLinks('links.txt', 60);
    const running = project.start(['run', 'links.txt', '--json']);
    await until(async () => (await videosOf(project, 'links')).length > 5, 'some videos have arrived');
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Stopping[\s\S]*stay queued; rerun the command to resume/);
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 60, failed: 0 });
    const again = await project.run(['run', 'links.txt']);
    expect(again.code).toBe(0);
    expect(await videosOf(project, 'links')).toHaveLength(60);
    expect(project.simulator.counts().tasks).toBe(60);
  });

  it('quits at once at the second Ctrl-C', async () => {
    await using project = await openProject({ simulator: { answerDelay: '20s' } });
    await project.writeLinks('links.txt', 3);
    const running = project.start(['run', 'links.txt']);
    await until(() => project.simulator.counts().createCalls > 0, 'a create call is under way');
    running.child.kill('SIGINT');
    await running.says(/press Ctrl-C again/);
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
  });

  it('killed with -9 in the middle, the same command again saves all, and pays none twice', async () => {
    await using project = await openProject(slow);
    await project.writeLinks('links.txt', 60);
    const running = project.start(['run', 'links.txt']);
    await until(async () => (await videosOf(project, 'links')).length > 5, 'some videos have arrived');
    running.child.kill('SIGKILL');
    await running.ended;
    const again = await project.run(['run', 'links.txt', '--json']);
    expect(again.code).toBe(0);
    expect(await videosOf(project, 'links')).toHaveLength(60);
    const { possiblyPaidTwice } = JSON.parse(again.stdout) as { possiblyPaidTwice: number };
    expect(project.simulator.counts().tasks).toBeLessThanOrEqual(60 + possiblyPaidTwice);
    const [first = ''] = await videosOf(project, 'links');
    expect((await readFile(join(project.folder, 'videos', 'links', first))).length).toBeGreaterThan(1000);
  });
});

describe.concurrent('the demo', () => {
  it('needs no key, saves the bundled links and clips at the simulated vendor, and ends with 0', async () => {
    await using project = await openProject();
    const environment = { KIE_API_KEY: undefined, KIE_BASE_URL: undefined };
    const { code, stdout, stderr } = await project.run(['demo', '--json'], { environment });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { batch: 'demo', saved: 12, failed: 0 }]);
    expect(stderr).toMatch(/free of charge[\s\S]*12 videos saved[\s\S]*With the real vendor/);
    expect(stderr).toMatch(/1 of 2: 12 share links[\s\S]*2 of 2: 3 video files[\s\S]*3 videos saved/);
    expect(await videosOf(project, 'demo')).toHaveLength(12);
    expect(await videosOf(project, 'demo-clips')).toHaveLength(3);
    expect(project.simulator.counts().createCalls).toBe(0);
  });
});
