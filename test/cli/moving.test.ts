/** Moving to another Redis, and forgetting what is old: `export`, `import` and retention as processes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLedger } from '../../src/shared/ledger/ledger.ts';
import { connectTestRedis, redisPrefix } from '../setup/redis.ts';
import { until } from '../setup/until.ts';
import { openProject, type Project } from './executable.ts';

const linesOf = (text: string) => text.trimEnd().split('\n');

async function readCounts(prefix: string, name: string) {
  const redis = connectTestRedis();
  try {
    const batch = await createLedger({ redis, prefix, shareUrl: () => null }).batch(name);
    return batch?.counts ?? null;
  } finally {
    await redis.quit();
  }
}

async function exportTo(project: Project, file: string, batch: string): Promise<string> {
  const { code, stdout } = await project.run(['export', batch]);
  expect(code).toBe(0);
  await project.write(file, stdout);
  return stdout;
}

describe.concurrent('moving to another Redis', () => {
  it('an import that is killed and repeated takes every link over once, in the old order', async () => {
    await using project = await openProject();
    await project.writeLinks('many.txt', 20_000);
    await project.run(['enqueue', 'many.txt']);
    const exported = await exportTo(project, 'many.jsonl', 'many');
    const environment = { QUEUE_PREFIX: redisPrefix() };
    const taken = async () => (await readCounts(environment.QUEUE_PREFIX, 'many'))?.queued ?? 0;
    const killed = project.start(['import', 'many.jsonl'], environment);
    await until(async () => (await taken()) > 0, 'the first links are taken over');
    killed.child.kill('SIGKILL');
    await killed.ended;
    const before = await taken();
    const repeated = await project.run(['import', 'many.jsonl', '--json'], { environment });
    expect(JSON.parse(repeated.stdout)).toEqual({
      total: 20_000,
      imported: 20_000 - before,
      known: before,
      invalid: 0,
    });
    expect((await project.run(['export', 'many'], { environment })).stdout).toBe(exported);
    expect(await taken()).toBe(20_000);
  });

  it('lists the rows that are not taken with their lines, takes the others, and ends with 1', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 3);
    await project.run(['enqueue', 'links.txt']);
    const [first = '', second = '', third = ''] = linesOf(await exportTo(project, 'rows.jsonl', 'links'));
    const edited = second.replace('"queued"', '"done"');
    await project.write('edited.jsonl', [first, '{', edited, third].join('\n'));
    const environment = { QUEUE_PREFIX: redisPrefix() };
    const { code, stdout, stderr } = await project.run(['import', 'edited.jsonl'], { environment });
    expect([code, stdout]).toEqual([1, '2 imported, 0 already known, 2 invalid\n']);
    expect(stderr).toMatch(/^edited\.jsonl:2: is not valid JSON[\s\S]*^edited\.jsonl:3: state: /m);
  });
});

describe.concurrent('retention', () => {
  it('forgets what ended long ago while a worker runs, and a forgotten saved link is not paid again', async () => {
    await using project = await openProject();
    await project.writeLinks('links.txt', 3);
    await project.run(['run', 'links.txt']);
    const rows = await exportTo(project, 'now.jsonl', 'links');
    const today = new Date().toISOString().slice(0, 8);
    await project.write('old.jsonl', rows.replaceAll(`"${today}`, `"2020${today.slice(4)}`));
    const environment = {
      QUEUE_PREFIX: redisPrefix(),
      RETAIN_SAVED_DAYS: '30',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
    };
    expect((await project.run(['import', 'old.jsonl'], { environment })).code).toBe(0);
    const worker = project.start(['worker'], environment);
    await worker.says(/Removed the records of finished links after their retention time/);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
    expect(await readCounts(environment.QUEUE_PREFIX, 'links')).toBeNull();
    const again = await project.run(['run', 'links.txt', '--json'], { environment });
    expect(JSON.parse(again.stdout)).toMatchObject({ alreadySaved: 3, saved: 0, creditsSpent: 0 });
    expect(project.simulator.counts().tasks).toBe(3);
    const [row = ''] = linesOf((await project.run(['export', 'links'], { environment })).stdout);
    const { file } = JSON.parse(row) as { file: string };
    expect((await readFile(file)).length).toBeGreaterThan(0);
    expect(file.startsWith(join(project.folder, 'videos'))).toBe(true);
  });
});
