/**
 * However a process ends, its open create calls are finished and their ids recorded: the same command pays for nothing
 * a second time. Each create call here takes a second, so that the process always ends during some.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refusals, startOwnRedis } from '../setup/own-redis.ts';
import { until } from '../setup/until.ts';
import { openProject, type Project, type Running } from './executable.ts';

const options = {
  simulator: { answerDelay: '1s', limit: { max: 10, windowMs: 500 } },
  environment: { SUBMIT_LIMIT: '10/500ms', ON_AMBIGUOUS_SUBMIT: 'hold' },
};
const links = 40;

/** Makes the process reject an unhandled promise at SIGUSR2. */
const crashing = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    "process.on('SIGUSR2', () => void Promise.reject(new Error('planned')))",
  )}`,
};

async function startRun(project: Project, environment = {}): Promise<Running> {
  await project.writeLinks('links.txt', links);
  const running = project.start(['run', 'links.txt', '--json'], environment);
  await until(() => project.simulator.counts().createCalls >= 12, 'create calls are under way');
  return running;
}

async function expectAllPaidOnce(project: Project): Promise<void> {
  const again = await project.run(['run', 'links.txt', '--json']);
  expect(again).toMatchObject({ code: 0 });
  expect(JSON.parse(again.stdout)).toMatchObject({ held: 0, failed: 0, possiblyPaidTwice: 0 });
  expect(project.simulator.counts().tasks).toBe(links);
}

function closePipes({ child }: Running): void {
  child.stdout.destroy();
  child.stderr.destroy();
}

describe.concurrent('a process that ends in the middle', () => {
  it('by a closed terminal finishes its create calls; a second hangup does not cut them off', async () => {
    await using project = await openProject(options);
    const running = await startRun(project);
    running.child.kill('SIGHUP');
    await running.says(/Stopping/);
    running.child.kill('SIGHUP');
    expect(await running.ended).toMatchObject({ code: 130 });
    await expectAllPaidOnce(project);
  });

  it('by an error of our own finishes them too, and ends with 70 and one line', async () => {
    await using project = await openProject(options);
    const running = await startRun(project, crashing);
    running.child.kill('SIGUSR2');
    const { code, stderr } = await running.ended;
    expect(code).toBe(70);
    expect(stderr).toMatch(
      /internal error of kie-batch: planned.*rerun the command to resume.*kie-batch\.log/,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
    const log = await readFile(join(project.folder, 'data', 'logs', 'kie-batch.log'), 'utf8');
    expect(log).toMatch(/planned.* at /);
    await expectAllPaidOnce(project);
  });

  it('does not end when its output is no longer read', async () => {
    await using project = await openProject(options);
    const running = await startRun(project);
    closePipes(running);
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(project.simulator.counts().tasks).toBe(links);
    await expectAllPaidOnce(project);
  });

  it('at a second Ctrl-C says what is open', async () => {
    await using project = await openProject({ ...options, simulator: { answerDelay: '20s' } });
    const running = await startRun(project);
    running.child.kill('SIGINT');
    await running.says(/Stopping/);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Quitting: \d+ create calls are still open and may be paid/);
  });
});

describe.concurrent('a Redis that refuses writes from the start', () => {
  it.each(['run', 'enqueue'])('is reported by %s in one line, without a stack', async (command) => {
    await using redis = await startOwnRedis();
    await using project = await openProject({ environment: { REDIS_URL: redis.url } });
    await project.writeLinks('links.txt', 3);
    await redis.refuse('NOREPLICAS');
    const { code, stderr } = await project.run([command, 'links.txt']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: Redis refused a write: too few of its replicas.*NOREPLICAS/m);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe.concurrent('a Redis that is permanently gone', () => {
  it.each([
    ['run', ['run', 'links.txt'], 130],
    ['worker', ['worker'], 0],
  ] as const)(
    'does not keep %s from ending; ids that came meanwhile are in a file',
    async (_, args, code) => {
      await using redis = await startOwnRedis();
      await using project = await openProject({
        simulator: { answerDelay: '2s', limit: { max: 10, windowMs: 500 } },
        environment: { SUBMIT_LIMIT: '10/500ms', REDIS_URL: redis.url },
      });
      await project.writeLinks('links.txt', links);
      if (args[0] === 'worker') await project.run(['enqueue', 'links.txt', '--yes']);
      const running = project.start(args);
      await until(() => project.simulator.counts().createCalls >= 12, 'create calls are under way');
      await redis.kill();
      running.child.kill('SIGTERM');
      expect(await running.ended).toMatchObject({ code });
      const folder = join(project.folder, 'data', 'unrecorded-tasks');
      const [file] = await readdir(folder);
      expect(await readFile(join(folder, file ?? ''), 'utf8')).toMatch(/"taskId":"/);
    },
  );
});

it('does not start over task ids of an earlier process that cannot be read', async () => {
  await using project = await openProject();
  await project.writeLinks('links.txt', 3);
  const folder = join(project.folder, 'data', 'unrecorded-tasks');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'broken.json'), '{"prefix": ');
  const { code, stderr } = await project.run(['run', 'links.txt']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: .*broken\.json holds ids of paid tasks and cannot be read/m);
  expect(project.simulator.counts().createCalls).toBe(0);
});

/** Numbers below 1, the same ones for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

describe('torment', () => {
  // Each of the rounds may wait half a minute for Redis to take its ids.
  it('pays for none of 150 links twice, whatever refuses, hangs up or crashes', async () => {
    const random = seeded(7);
    const pick = <Value>(values: readonly [Value, ...Value[]]): Value =>
      values[Math.floor(random() * values.length)] ?? values[0];
    await using redis = await startOwnRedis();
    await using project = await openProject({
      simulator: { answerDelay: '1s-2s', limit: { max: 20, windowMs: 1000 } },
      environment: { ...options.environment, SUBMIT_LIMIT: '20/1s', REDIS_URL: redis.url },
    });
    await project.writeLinks('links.txt', 150);
    const ends = [
      (running: Running) => running.child.kill('SIGHUP'),
      (running: Running) => running.child.kill('SIGTERM'),
      (running: Running) => running.child.kill('SIGUSR2'),
      closePipes,
    ] as const;
    for (let round = 0; round < 4; round += 1) {
      const before = project.simulator.counts().createCalls;
      const running = project.start(['run', 'links.txt'], crashing);
      await until(
        () =>
          project.simulator.counts().createCalls > before + 10 * random() || running.child.exitCode !== null,
        'create calls are under way',
      );
      if (random() < 0.7) await redis.refuse(pick(refusals));
      const lifting = setTimeout(() => void redis.acceptAgain(), 500 + 5000 * random());
      pick(ends)(running);
      if (running.child.exitCode === null) await running.ended;
      clearTimeout(lifting);
      await redis.acceptAgain();
    }
    const last = await project.run(['run', 'links.txt', '--json']);
    expect(last).toMatchObject({ code: 0 });
    expect(JSON.parse(last.stdout)).toMatchObject({ held: 0, failed: 0, possiblyPaidTwice: 0 });
    expect(project.simulator.counts().tasks).toBe(150);
  }, 400_000);
});
