/** `kie-batch schedule`, run as an executable: what a person and a script see, and what survives a kill. */
import { once } from 'node:events';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { shareLink } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { openProject, type Project } from './executable.ts';

const add = ['--cron', '0 6 * * *', '--tz', 'Europe/Berlin', '--source'];

describe('the schedule command', () => {
  let project: Project;
  beforeAll(async () => {
    project = await openProject();
  });
  afterAll(() => project[Symbol.asyncDispose]());

  const json = async (...args: readonly string[]) => {
    const { code, stdout } = await project.run(['schedule', ...args, '--json']);
    return { code, value: JSON.parse(stdout) };
  };

  it('goes through the life of a schedule', async () => {
    await project.writeLinks('links.txt', 3);
    const added = await project.run(['schedule', 'add', 'news', ...add, 'links.txt']);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toMatch(
      /^news: next \d{4}-\d\d-\d\d 06:00:00, .* \(Europe\/Berlin\)\n.*npm start -- worker/,
    );

    const ran = await project.run(['schedule', 'run', 'news']);
    expect(ran.stdout).toMatch(/^news: 3 new links into news-\d{4}-\d\d-\d\d\n$/);
    expect((await project.run(['schedule', 'run', 'news'])).stdout).toBe('news: nothing new\n');

    const listed = await project.run(['schedule', 'list']);
    expect(listed.stdout).toMatch(
      /^news: 0 6 \* \* \* Europe\/Berlin, from file:.*links\.txt into \{name\}-\{date\}/,
    );
    expect(listed.stdout).toMatch(/next: \d{4}-\d\d-\d\d 06:00:00 \(in /);
    expect(listed.stdout).toMatch(/last: .*, by hand: nothing new/);
    expect((await project.run(['schedule', 'list', 'news'])).stdout).toMatch(/by hand: 3 new links/);

    expect((await project.run(['schedule', 'pause', 'news'])).code).toBe(0);
    expect((await json('list')).value).toMatchObject({
      schedules: [{ name: 'news', paused: true, next: null }],
    });
    expect((await json('resume', 'news')).value).toEqual({ name: 'news', resume: true });
    expect((await project.run(['schedule', 'remove', 'news'])).code).toBe(0);
    expect((await project.run(['schedule', 'list'])).stdout).toMatch(/^No schedules yet/);
  });

  it('tells scripts everything, times as ISO 8601', async () => {
    await project.writeLinks('more.txt', 2, 10);
    const { value } = await json(
      'add',
      'more',
      ...add,
      'more.txt',
      '--batch-template',
      '{name}',
      '--max-credits',
      '50',
    );
    expect(value).toMatchObject({
      name: 'more',
      cron: '0 6 * * *',
      tz: 'Europe/Berlin',
      batchTemplate: '{name}',
      maxCredits: 50,
      last: null,
      lastError: null,
    });
    expect(new Date(value.next).toISOString()).toBe(value.next);
    const run = await json('run', 'more');
    expect(run).toMatchObject({ code: 0, value: { by: 'person', batch: 'more', accepted: 2, error: null } });
    expect((await json('list', 'more')).value.runs).toHaveLength(1);
    await project.run(['schedule', 'remove', 'more']);
  });

  it('ends with 1 and the reason when the source cannot be had', async () => {
    await project.writeLinks('nowhere.txt', 1);
    await project.run(['schedule', 'add', 'lost', ...add, 'nowhere.txt']);
    await rm(join(project.folder, 'nowhere.txt'));
    const { code, stdout } = await project.run(['schedule', 'run', 'lost']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/nothing new, trouble: .*nowhere\.txt: it does not exist on this machine/);
    expect((await json('list')).value.schedules[0].lastError).toMatch(/nowhere\.txt/);
    await project.run(['schedule', 'remove', 'lost']);
  });

  it.each([
    ['a wrong cron expression', ['add', 'x', '--cron', '61 * * * *', '--source', 'a'], /0-59.*For example/],
    [
      'a wrong time zone',
      ['add', 'x', '--cron', '@daily', '--tz', 'Berlin/Europe', '--source', 'a'],
      /not a time zone/,
    ],
    ['a wrong source', ['add', 'x', '--cron', '@daily', '--source', 'ftp://a'], /s3:\/\/bucket/],
    ['a file that is not there', ['add', 'x', '--cron', '@daily', '--source', 'a'], /a: it does not exist/],
    [
      'a folder that is not there',
      ['add', 'x', '--cron', '@daily', '--source', 'folder:b'],
      /b cannot be read/,
    ],
    ['a wrong name', ['add', 'a:b', '--cron', '@daily', '--source', 'a'], /letters, digits/],
    ['an unknown model', ['add', 'x', '--cron', '@daily', '--source', 'a', '--model', 'y'], /no model "y"/],
    ['an unknown schedule', ['run', 'nothing'], /There is no schedule "nothing"; there are none yet/],
    ['an unknown schedule to pause', ['pause', 'nothing'], /There is no schedule "nothing"/],
  ])('says what is wrong with %s and ends with 2', async (_what, args, message) => {
    const { code, stdout, stderr } = await project.run(['schedule', ...args]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('a worker with schedules', () => {
  it('brings videos home from an inbox without another command', async () => {
    await using project = await openProject();
    const inbox = join(project.folder, 'inbox');
    await mkdir(inbox);
    await project.run(['schedule', 'add', 'inbox', '--cron', '* * * * * *', '--source', 'folder:inbox']);
    const worker = project.start(['worker']);
    // The way a list should arrive: written beside, then moved in whole.
    await project.writeLinks('list.part', 4);
    await rename(join(project.folder, 'list.part'), join(inbox, 'list.txt'));
    await until(async () => {
      const { stdout } = await project.run(['status', '--json']);
      return JSON.parse(stdout).batches[0]?.saved === 4;
    }, 'the videos were saved');
    expect(await readdir(inbox)).toEqual(['done']);
    expect(project.simulator.counts().tasks).toBe(4);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });

  it('takes up the tick of a worker that was killed', async () => {
    await using project = await openProject();
    let asked = 0;
    const list = Array.from({ length: 5 }, (_, n) => `${shareLink(n)}\n`).join('');
    // The first worker is killed while it waits for this.
    const server = createServer((_request, response) => {
      asked += 1;
      if (asked > 1) response.end(list);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const source = `http://127.0.0.1:${port}/links`;
    let at = new Date(0);
    // Once a day: `schedule add` has to have done its work before, which may take long on a busy machine.
    while (at.getTime() < Date.now()) {
      at = new Date(Date.now() + 10_000);
      const cron = `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
      const words = ['schedule', 'add', 'daily', '--cron', cron, '--tz', 'UTC', '--source', source];
      expect((await project.run(words)).code).toBe(0);
    }
    const first = project.start(['worker']);
    await until(() => asked === 1, 'the run had begun');
    first.child.kill('SIGKILL');
    await first.ended;
    project.start(['worker']);
    const runs = await until(async () => {
      const { stdout } = await project.run(['schedule', 'list', 'daily', '--json']);
      const found = JSON.parse(stdout).runs;
      return found.length > 0 && found;
    }, 'another worker had run it');
    expect(runs).toMatchObject([{ accepted: 5, error: null, by: 'schedule' }]);
    expect(asked).toBe(2);
  });
});

describe('enqueue --source', () => {
  let project: Project;
  beforeAll(async () => {
    project = await openProject();
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it('says what is new, and nothing at all when nothing is', async () => {
    await project.writeLinks('links.txt', 3);
    const words = ['enqueue', '--source', 'links.txt'];
    expect(await project.run(words)).toEqual({
      code: 0,
      stdout: 'links: 3 accepted, 0 known, 0 already saved, 0 invalid\n',
      stderr: 'No worker is running. Start one with npm start -- worker.\n',
    });
    expect(await project.run(words)).toEqual({ code: 0, stdout: '', stderr: '' });
    await project.writeLinks('links.txt', 4);
    expect((await project.run([...words, '--batch', 'next', '--json'])).stdout).toBe(
      `${JSON.stringify({ batch: 'next', total: 4, accepted: 1, duplicates: 3, alreadySaved: 0, invalid: 0, lists: 1, unchanged: 0, unfinished: 0, problems: [] })}\n`,
    );
  });

  it('gives its batch the credits it may spend', async () => {
    await project.writeLinks('dear.txt', 2, 200);
    await project.run(['enqueue', '--source', 'dear.txt', '--max-credits', '10']);
    const budget = async () => JSON.parse((await project.run(['status', 'dear', '--json'])).stdout).budget;
    expect(await budget()).toBe(10);
    await project.run(['enqueue', '--source', 'dear.txt', '--max-credits', '30']);
    expect(await budget()).toBe(30);
  });

  it('as enqueue with a file is quiet when nothing is new', async () => {
    await project.writeLinks('plain.txt', 3, 100);
    await project.run(['enqueue', 'plain.txt']);
    expect(await project.run(['enqueue', 'plain.txt'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.each([
    [
      'a source that must not be asked',
      ['--source', 'https://169.254.169.254/links?key=secret'],
      1,
      /169\.254\.169\.254\/links\?… is refused/,
    ],
    [
      'a list that is not there',
      ['--source', 'nowhere.txt'],
      1,
      /nowhere\.txt: it does not exist on this machine/,
    ],
    ['files as well', ['--source', 'a', 'links.txt'], 2, /Use either files or --source, not both/],
    ['a source of no kind', ['--source', 'ftp://a'], 2, /"ftp:" is unknown/],
  ])(
    'ends with the right code at %s',
    async (_what, args, expected, message) => {
      const { code, stdout, stderr } = await project.run(['enqueue', ...args]);
      expect(stderr).toMatch(message);
      expect([code, stdout]).toEqual([expected, '']);
    },
    60_000,
  );

  it('killed in the middle and repeated, loses and repeats nothing', async () => {
    const count = 20_000;
    const list = Array.from({ length: count }, (_, n) => `${shareLink(1_000_000 + n)}\n`).join('');
    await writeFile(join(project.folder, 'large.txt'), list);
    const words = ['enqueue', '--source', 'large.txt', '--batch', 'large'];
    const killed = project.start(words);
    const queued = async () => {
      const { code, stdout } = await project.run(['status', 'large', '--json']);
      return code === 0 ? JSON.parse(stdout).queued : 0;
    };
    await until(async () => (await queued()) > 0, 'some links were in');
    killed.child.kill('SIGKILL');
    await killed.ended;
    await project.run(words);
    expect(await queued()).toBe(count);
    expect((await project.run(words)).stdout).toBe('');
  });
});
