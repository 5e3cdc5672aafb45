/** The file of create calls in DATA_DIR: what is read back, what is left out, and what keeps no call from being made. */
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { createCallJournal, readJournals, removeOldJournals } from '../../src/worker/call-journal.ts';
import { until } from '../setup/until.ts';

const open = { attempts: 1, possiblyPaidTwice: 0, price: 'unknown', taskId: null, at: 0 } as const;

async function openFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-journal-'));
  const warnings: string[] = [];
  const logger = pino({}, { write: (line: string) => void warnings.push(line) });
  const journal = (workerId: string, prefix = 'test', dataDir = folder) =>
    createCallJournal({ dataDir, prefix, workerId, logger, redisRun: () => 'run-1' });
  return {
    folder,
    warnings,
    journal,
    calls: async (prefix = 'test') =>
      (await readJournals({ dataDir: folder, prefix })).flatMap(({ calls }) => calls),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

describe('the journal of create calls', () => {
  it('tells the last of each link, of this prefix alone, without calls that made no task', async () => {
    await using place = await openFolder();
    const [one, two] = [place.journal('w1'), place.journal('w2')];
    await Promise.all([one.write('a', open), one.write('b', open), two.write('c', open)]);
    one.note('a', { ...open, taskId: 'task-a' }, false);
    one.note('b', open, true);
    await place.journal('w3', 'other').write('d', open);
    const calls = await until(async () => {
      const now = await place.calls();
      return now.length === 2 && now;
    }, 'what became of the calls is noted');
    expect(calls.map(({ itemId, taskId, run }) => [itemId, taskId, run]).sort()).toEqual([
      ['a', 'task-a', 'run-1'],
      ['c', null, 'run-1'],
    ]);
  });

  it('is read without a line that was cut off, and without files that are none', async () => {
    await using place = await openFolder();
    await place.journal('w1').write('a', open);
    await appendFile(join(place.folder, 'create-calls', 'w1.jsonl'), '{"prefix":"test","itemId":"b","att');
    await writeFile(join(place.folder, 'create-calls', 'notes.txt'), 'x');
    await writeFile(join(place.folder, 'create-calls', 'empty.jsonl'), '');
    expect((await place.calls()).map(({ itemId }) => itemId)).toEqual(['a']);
  });

  it('stays short', async () => {
    await using place = await openFolder();
    const journal = place.journal('w1');
    const long = { ...open, taskId: 'x'.repeat(4000) };
    vi.useFakeTimers({ toFake: ['Date'] });
    await Promise.all(Array.from({ length: 200 }, (_, n) => journal.write(`old-${n}`, long)));
    vi.setSystemTime(Date.now() + 61_000);
    await journal.write('first', { ...open, taskId: 'x'.repeat(300_000) });
    await journal.write('last', open);
    vi.useRealTimers();
    expect((await stat(join(place.folder, 'create-calls', 'w1.jsonl'))).size).toBeLessThan(301_000);
    expect((await place.calls()).map(({ itemId }) => itemId)).toEqual(['first', 'last']);
  });

  it('is removed a minute after its last call, and written again by a live worker', async () => {
    await using place = await openFolder();
    const journal = place.journal('w1');
    await journal.write('a', open);
    await removeOldJournals({ dataDir: place.folder });
    expect(await place.calls()).toHaveLength(1);
    const then = new Date(Date.now() - 61_000);
    await utimes(join(place.folder, 'create-calls', 'w1.jsonl'), then, then);
    await removeOldJournals({ dataDir: place.folder });
    expect(await readdir(join(place.folder, 'create-calls'))).toEqual([]);
    await journal.write('b', open);
    expect((await place.calls()).map(({ itemId }) => itemId)).toEqual(['b']);
  });

  it('that cannot be written stops no call, and is logged once', async () => {
    await using place = await openFolder();
    const notAFolder = join(place.folder, 'file');
    await writeFile(notAFolder, '');
    const journal = place.journal('w1', 'test', notAFolder);
    await journal.write('a', open);
    await journal.write('b', open);
    expect(place.warnings).toHaveLength(1);
    expect(place.warnings[0]).toContain('Create calls cannot be written to DATA_DIR');
    expect(await readJournals({ dataDir: notAFolder, prefix: 'test' })).toEqual([]);
    await removeOldJournals({ dataDir: notAFolder });
  });

  it('on a disk that does not answer stops no call', async () => {
    await using place = await openFolder();
    const path = join(place.folder, 'create-calls', 'w1.jsonl');
    await mkdir(join(place.folder, 'create-calls'));
    // Opening a pipe that nobody reads does not end.
    execFileSync('mkfifo', [path]);
    await place.journal('w1').write('a', open);
    expect(place.warnings).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toContain('"itemId":"a"');
  });
});
