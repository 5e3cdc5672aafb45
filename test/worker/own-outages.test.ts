/**
 * Outages of our storage and of the result host while links are in progress: nothing fails, no attempt is charged, and
 * no task is created during the halt. The mounts are real: they need the right to mount, and are skipped without it.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HaltReason } from '../../src/shared/gate-state/halt-reasons.ts';
import { hastenProbe, listHalts } from '../../src/shared/gate-state/halts.ts';
import { type System, type SystemOptions, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { s3Credentials, startS3Server } from '../shared/storage/s3-server.ts';

const links = 60;
const options = (environment: Record<string, string>): SystemOptions => ({
  simulator: { taskTime: '300ms', resultBytes: 100_000 },
  environment: { SUBMIT_LIMIT: '5/500ms', ...environment },
});

const mount = (...args: string[]) => spawnSync('mount', args).status === 0;
const scratch = await mkdtemp(join(tmpdir(), 'kie-batch-outage-'));
const disk = join(scratch, 'disk');
await mkdir(disk);
const mayMount = mount('-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk);
if (!mayMount) console.warn('skipped: this user may not mount');

afterAll(async () => {
  if (mayMount) spawnSync('umount', ['-l', disk]);
  await rm(scratch, { recursive: true, force: true });
});

function haltsOf({ session }: System) {
  return listHalts(session);
}

/** Brings the probes forward, as their times are none of the test's business. */
async function probed(system: System, times: number): Promise<void> {
  for (let left = times; left > 0; left -= 1) {
    // Their count begins again.
    for (const halt of await haltsOf(system)) await hastenProbe(system.session, halt, Date.now());
    await until(async () => ((await haltsOf(system))[0]?.probes ?? 0) >= 1, 'the halt was probed');
  }
}

/** Begins an outage in the middle of the work, ends it a while after its halt, and looks what it has cost. */
async function suffer(system: System, reason: HaltReason, begin: () => unknown, end: () => unknown) {
  await system.give(links);
  await system.startWorker();
  await until(
    async () => ((await system.session.ledger.batch('test'))?.counts.saved ?? 0) > 5,
    'work is done',
  );
  await begin();
  await until(async () => (await haltsOf(system)).some((halt) => halt.reason === reason), `${reason} stands`);
  await until(async () => {
    const { submitting = 0, processing = 0 } = (await system.session.ledger.batch('test'))?.counts ?? {};
    return submitting + processing === 0;
  }, 'what was under way has ended');
  const { tasks } = system.simulator.counts();
  await probed(system, 2);
  expect(system.simulator.counts().tasks).toBe(tasks);
  expect(tasks).toBeLessThan(links);
  await end();
  for (const halt of await haltsOf(system)) await hastenProbe(system.session, halt, 0);
  const { counts, failures } = await system.ended();
  expect([counts.saved, failures]).toEqual([links, {}]);
  expect(await haltsOf(system)).toEqual([]);
  expect(system.simulator.counts().tasks).toBe(links);
}

describe('an outage of our own storage', () => {
  it.skipIf(!mayMount)(
    'that is read-only for a while fails no link, and nothing is bought meanwhile',
    async () => {
      await using system = await startSystem(options({ STORAGE_URL: `file:${disk}/videos` }));
      await suffer(
        system,
        'storage-unavailable',
        // Refused while a file is open for writing.
        () => until(() => mount('-o', 'remount,ro', disk), 'the disk is read-only'),
        () => expect(spawnSync('mount', ['-o', 'remount,rw', disk]).status).toBe(0),
      );
    },
  );

  it.skipIf(!mayMount)('whose mount is gone makes no folder in its place', async () => {
    const [real, root] = [join(scratch, 'real'), join(scratch, 'mounted')];
    await Promise.all([mkdir(real), mkdir(root)]);
    expect(mount('--bind', real, root)).toBe(true);
    await using system = await startSystem(options({ STORAGE_URL: `file:${root}` }));
    let below: readonly string[] = ['not looked at'];
    await suffer(
      system,
      'storage-unavailable',
      () => expect(spawnSync('umount', ['-l', root]).status).toBe(0),
      () => {
        below = spawnSync('ls', ['-A', root], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
        expect(mount('--bind', real, root)).toBe(true);
      },
    );
    spawnSync('umount', ['-l', root]);
    expect(below).toEqual([]);
    expect((await readdir(join(real, 'test'))).length).toBe(2 * links);
  });

  it.each([503, 403])('in S3 that answers %d for a while fails no link', async (status) => {
    const server = await startS3Server();
    process.env['AWS_ACCESS_KEY_ID'] = s3Credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = s3Credentials.secretAccessKey;
    {
      await using system = await startSystem(options({ STORAGE_URL: server.urlFor() }));
      await suffer(
        system,
        'storage-unavailable',
        () =>
          server.answerBy(async (context) => {
            context.status = status;
          }),
        () => server.answerBy(null),
      );
    }
    await server.stop();
  });
});

describe('an outage of the host of results', () => {
  it('fails no link, and nothing is bought meanwhile', async () => {
    await using system = await startSystem(options({}));
    await suffer(
      system,
      'results-unavailable',
      () => system.simulator.settings({ faults: { 'result-500': 1 } }),
      () => system.simulator.settings({ faults: {} }),
    );
  });
});

describe('a worker that starts while the storage is away', () => {
  const file = join(scratch, 'file');
  const folder = join(file, 'videos');
  const away = { STORAGE_URL: `file:${folder}` };

  // No folder can be made below a file.
  beforeAll(() => writeFile(file, ''));

  it('says so and does not start where the storage was never used', async () => {
    await using system = await startSystem(options(away));
    await expect(system.startWorker()).rejects.toThrow(folder);
    expect(await haltsOf(system)).toEqual([]);
  });

  it('begins the halt where it was used before, and buys nothing', async () => {
    await using system = await startSystem(options(away));
    const { redis } = system.session;
    const mark = JSON.stringify({ id: 'a', place: 'somewhere else' });
    await redis.hset(`${system.environment['QUEUE_PREFIX']}:storages`, `${folder}/`, mark);
    await system.give(3);
    await system.startWorker();
    expect(await haltsOf(system)).toMatchObject([{ reason: 'storage-unavailable' }]);
    await probed(system, 1);
    expect(system.simulator.counts().tasks).toBe(0);
  });
});
