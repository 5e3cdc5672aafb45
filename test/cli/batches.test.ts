/** The commands on whole batches as processes: `list`, `pause`, `resume`, `priority`, `cancel`, `remove`, `watch`. */
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readGate } from '../../src/shared/gate-state/gate-state.ts';
import { connectTestRedis, redisPrefix } from '../setup/redis.ts';
import { until } from '../setup/until.ts';
import { type Ended, openProject, type Project } from './executable.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

function resultOf({ code, stdout, stderr }: Ended): Record<string, unknown> {
  expect([code, stderr]).toEqual([0, '']);
  return z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
}

async function giveTwoBatches(project: Project): Promise<void> {
  await project.writeLinks('first.txt', 4);
  await project.writeLinks('second.txt', 3, 3);
  await Promise.all([
    project.run(['enqueue', 'first.txt', '--priority', '5']),
    project.run(['enqueue', '--batch', 'other', 'second.txt']),
  ]);
}

const workFor = async (project: Project, batches: readonly string[]) => {
  const worker = project.start(['worker']);
  await until(async () => {
    const { batches: seen } = z
      .object({ batches: z.array(z.looseObject({ batch: z.string(), ended: z.boolean() })) })
      .parse(JSON.parse((await project.run(['status', '--json'])).stdout));
    return batches.every((name) => seen.some(({ batch, ended }) => batch === name && ended));
  }, 'the batches have ended');
  worker.child.kill('SIGTERM');
  await worker.ended;
};

describe.concurrent('the commands on batches', () => {
  it('list shows every batch with its condition and priority', async () => {
    await using project = await openProject();
    expect((await project.run(['list'])).stdout).toMatch(/No batches yet/);
    await giveTwoBatches(project);
    await project.run(['pause', 'other']);
    const { batches } = resultOf(await project.run(['list', '--json']));
    expect(batches).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ batch: 'first', condition: 'no-worker', priority: 5, total: 4 }),
        expect.objectContaining({
          batch: 'other',
          condition: 'paused',
          priority: 1,
          total: 3,
          unfinished: 3,
        }),
      ]),
    );
    expect((await project.run(['list'])).stdout).toMatch(/^batch +is +since[\s\S]*other +paused/);
    expect(resultOf(await project.run(['priority', 'other', '7', '--json']))).toEqual({
      batch: 'other',
      priority: 7,
    });
  });

  it('a paused batch waits while another is worked on, and is saved after resume', async () => {
    await using project = await openProject();
    await giveTwoBatches(project);
    expect(resultOf(await project.run(['pause', 'other', '--json']))).toEqual({
      batch: 'other',
      paused: true,
    });
    await workFor(project, ['first']);
    // The link that both list belongs to whoever was given it first.
    const created = project.simulator.counts().tasks;
    expect([2, 3, 4]).toContain(created);
    const status = await project.run(['status', 'other']);
    expect(status.stdout).toMatch(/paused/);
    expect(resultOf(await project.run(['resume', 'other', '--json']))).toEqual({
      batch: 'other',
      paused: false,
    });
    await workFor(project, ['first', 'other']);
    expect(project.simulator.counts().tasks).toBe(6);
    expect(await readGate({ redis, prefix: project.prefix }, 'submit')).toMatchObject({ admitted: 6 });
    await project.run(['resume', '--reset-gate']);
    expect(await readGate({ redis, prefix: project.prefix }, 'submit')).toBeNull();
  });

  it('cancel ends what waits, tells the rest, and retry brings it back', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 3);
    await project.run(['enqueue', 'links.txt']);
    expect((await project.run(['cancel', 'links'])).stdout).toBe('links: 3 links cancelled\n');
    expect(resultOf(await project.run(['cancel', 'links', '--json']))).toEqual({
      batch: 'links',
      cancelled: 0,
      abandoned: 0,
      collecting: 0,
      calling: 0,
      left: 0,
    });
    const run = await project.run(['run', 'links.txt']);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/3 cancelled[\s\S]*npm start -- retry links/);
    expect(project.simulator.counts().createCalls).toBe(0);
    expect(resultOf(await project.run(['retry', 'links', '--json']))).toEqual({
      batch: 'links',
      retried: 3,
      collected: 0,
    });
    expect((await project.run(['run', 'links.txt'])).code).toBe(0);
  });

  it('remove forgets a batch, and its saved links are still not paid again', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 2);
    await project.run(['run', 'links.txt']);
    expect(resultOf(await project.run(['remove', 'links', '--json']))).toEqual({
      batch: 'links',
      removed: 2,
      kept: 0,
      gone: true,
    });
    expect((await project.run(['status', 'links'])).code).toBe(2);
    const again = await project.run(['run', 'links.txt', '--json']);
    expect([again.code, JSON.parse(again.stdout)]).toMatchObject([0, { alreadySaved: 2, saved: 0 }]);
    expect(project.simulator.counts().tasks).toBe(2);
  });

  it('import takes an export over under another prefix, and links saved there are not paid again', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 3);
    await project.run(['run', 'links.txt']);
    await project.write('moved.csv', (await project.run(['export', 'links', '--format', 'csv'])).stdout);
    const environment = { QUEUE_PREFIX: redisPrefix() };
    const imported = await project.run(['import', 'moved.csv', '--json'], { environment });
    expect(resultOf(imported)).toEqual({ total: 3, imported: 3, known: 0, invalid: 0 });
    const run = await project.run(['run', 'links.txt', '--json'], { environment });
    expect([run.code, JSON.parse(run.stdout)]).toMatchObject([0, { alreadySaved: 3, saved: 0 }]);
    expect(project.simulator.counts().tasks).toBe(3);
    const bad = await project.run(['import', '-'], { environment, input: 'nothing of ours\n' });
    expect(bad).toMatchObject({ code: 1, stdout: '0 imported, 0 already known, 1 invalid\n' });
  });

  it('watch tells how a batch gets on and ends with it; with --json an object for each change', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 3);
    await project.run(['enqueue', 'links.txt']);
    const people = project.start(['watch', 'links']);
    const machine = project.start(['watch', '--json']);
    await Promise.all([people.says(/0 of 3 done/), machine.says(/"queued":3/)]);
    await workFor(project, ['links']);
    expect(await people.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/links: 3 saved \(ended\)/),
    });
    const { code, stdout, stderr } = await machine.ended;
    expect([code, stderr]).toEqual([0, '']);
    const last: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ batches: [{ batch: 'links', ended: true, saved: 3, etaSeconds: 0 }] });
    expect(await project.run(['watch'])).toMatchObject({ code: 0, stdout: 'Nothing is running.\n' });
  });

  it('watch can be left at any time', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 1);
    await project.run(['enqueue', 'links.txt']);
    const watching = project.start(['watch', 'links']);
    await watching.says(/0 of 1 done/);
    watching.child.kill('SIGINT');
    expect(await watching.ended).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/the work continues/),
    });
  });

  it.each([
    [['cancel', 'nothing'], /There is no batch "nothing"/],
    [['pause', 'nothing'], /There is no batch "nothing"/],
    [['watch', 'nothing'], /There is no batch "nothing"/],
    [['remove', 'nothing'], /There is no batch "nothing"/],
    [['priority', 'nothing', '3'], /There is no batch "nothing"/],
    [['priority', 'nothing', 'high'], /whole number/],
  ])('%j is refused with 2', async (args, message) => {
    await using project = await openProject();
    const { code, stdout, stderr } = await project.run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
