/** Files, globs and inboxes as sources: what is new comes once, whatever happens to the files. */
import { writeFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linkOf, listOf, startTaking } from './taking.ts';

describe('a file as a source', () => {
  it('brings its links once, and costs nothing while it is unchanged', async () => {
    const { folder, take, linksOf } = await startTaking();
    await writeFile(join(folder, 'links.txt'), listOf(1, 2, 3));
    expect(await take('links.txt')).toMatchObject({ lists: 1, counts: { accepted: 3 } });
    expect(await take('links.txt')).toMatchObject({ lists: 0, unchanged: 1, counts: { total: 0 } });
    expect(await linksOf()).toEqual([1, 2, 3].map(linkOf));
  });

  it('brings only what was added when it has grown, also into another batch', async () => {
    const { folder, take, linksOf } = await startTaking();
    await writeFile(join(folder, 'links.txt'), listOf(1, 2));
    await take('links.txt', { batch: 'monday' });
    await writeFile(join(folder, 'links.txt'), listOf(1, 2, 3));
    const { counts } = await take('links.txt', { batch: 'tuesday' });
    expect(counts).toMatchObject({ total: 3, accepted: 1, duplicates: 2 });
    expect(await linksOf('tuesday')).toEqual([linkOf(3)]);
  });

  it('leaves no batch behind when it brings nothing new', async () => {
    const { folder, take, ledger } = await startTaking();
    await writeFile(join(folder, 'links.txt'), listOf(1));
    await take('links.txt', { batch: 'monday' });
    await writeFile(join(folder, 'links.txt'), `\n${listOf(1)}`);
    await take('links.txt', { batch: 'tuesday' });
    expect(await ledger.batch('tuesday')).toBeNull();
  });

  it('does not list links that came another way into its batch', async () => {
    const { folder, take, ledger, linksOf } = await startTaking();
    await ledger.openBatch('by-hand', { model: 'sora-watermark-remover', root: '/videos/' });
    await ledger.enqueue('by-hand', [{ id: linkOf(1).slice(-34), url: linkOf(1) }]);
    await writeFile(join(folder, 'links.txt'), listOf(1, 2));
    await take('links.txt');
    expect(await linksOf()).toEqual([linkOf(2)]);
  });

  it('brings everything again when it is forced to', async () => {
    const { folder, take } = await startTaking();
    await writeFile(join(folder, 'links.txt'), listOf(1, 2));
    await take('links.txt');
    const { lists, counts } = await take('links.txt', { force: true });
    expect([lists, counts.total]).toEqual([1, 2]);
  });

  it('is read again when another file has taken its name with the same size and time', async () => {
    const { folder, take } = await startTaking();
    const [path, next] = [join(folder, 'links.txt'), join(folder, 'next')];
    await writeFile(path, listOf(1));
    await utimes(path, 1000, 1000);
    await take('links.txt');
    await writeFile(next, listOf(2));
    await utimes(next, 1000, 1000);
    await rename(next, path);
    expect((await take('links.txt')).counts.accepted).toBe(1);
  });

  it('is a problem of the run when it is not there, and none when it is a glob', async () => {
    const { take } = await startTaking();
    expect((await take('links.txt')).problems).toEqual([
      { list: expect.stringMatching(/links.txt$/), problem: expect.stringContaining('does not exist') },
    ]);
    expect((await take('*.txt')).problems).toEqual([]);
  });

  it('is left for a later run while its last line has no end, until it has lain still for long', async () => {
    const { folder, take, linksOf } = await startTaking();
    await writeFile(join(folder, 'links.txt'), `${listOf(1)}${linkOf(2).slice(0, -9)}`);
    const now = Date.now();
    const sourcesAt = (at: number) => ({ sources: { settleMs: 1000, clock: { now: () => at } } });
    expect(await take('links.txt', sourcesAt(now + 10_000))).toMatchObject({ lists: 0, unfinished: 1 });
    await writeFile(join(folder, 'links.txt'), listOf(1, 2).trimEnd());
    expect(await take('links.txt', sourcesAt(now + 120_000))).toMatchObject({ lists: 1, unfinished: 0 });
    expect(await linksOf()).toEqual([1, 2].map(linkOf));
  });

  it('is left for the next run while it is being written', async () => {
    const { folder, take } = await startTaking();
    const path = join(folder, 'links.txt');
    await writeFile(path, listOf(1));
    const startedAt = Date.now();
    const clock = {
      now: () => {
        // Somebody continues writing while the source waits.
        writeFileSync(path, listOf(1, 2));
        return startedAt;
      },
    };
    const sources = { clock, settleMs: 50 };
    expect(await take('links.txt', { sources })).toMatchObject({ unfinished: 1, lists: 0 });
  });

  it('is read again when it changed while it was read', async () => {
    const { folder, take, ledger, linksOf } = await startTaking();
    const path = join(folder, 'links.txt');
    await writeFile(path, listOf(1));
    const growing = {
      ...ledger,
      enqueue: async (...given: Parameters<typeof ledger.enqueue>) => {
        await writeFile(path, listOf(1, 2));
        return ledger.enqueue(...given);
      },
    };
    await take('links.txt', { deps: { ledger: growing } });
    await take('links.txt');
    expect(await linksOf()).toEqual([1, 2].map(linkOf));
  });

  it('takes all files a glob names, and forgets those that have gone', async () => {
    const { folder, take, memory } = await startTaking();
    await mkdir(join(folder, 'deep'));
    await writeFile(join(folder, 'a.txt'), listOf(1));
    await writeFile(join(folder, 'deep', 'b.csv'), `url\n${listOf(2)}`);
    expect(await take('**/*.{txt,csv}')).toMatchObject({ lists: 2, counts: { accepted: 2 } });
    await rm(join(folder, 'a.txt'));
    await take('**/*.{txt,csv}');
    const marks = await memory(`file:${folder}/**/*.{txt,csv}`).marks();
    expect([...marks.keys()]).toEqual([join(folder, 'deep', 'b.csv')]);
  });

  it('continues with the other files when one cannot be read as a list', async () => {
    const { folder, take, invalid } = await startTaking();
    await writeFile(join(folder, 'a.txt'), 'no link\n');
    await writeFile(join(folder, 'b.txt'), listOf(2));
    expect(await take('*.txt')).toMatchObject({ lists: 2, counts: { accepted: 1, invalid: 1 } });
    expect(invalid).toMatchObject([{ file: join(folder, 'a.txt'), line: 1 }]);
  });
});

describe('an inbox as a source', () => {
  it('takes its finished files and moves them to done/', async () => {
    const { folder, take, linksOf } = await startTaking();
    await writeFile(join(folder, 'a.txt'), listOf(1));
    await writeFile(join(folder, 'b.jsonl'), `${JSON.stringify({ url: linkOf(2) })}\n`);
    await writeFile(join(folder, 'c.txt.part'), listOf(3));
    expect(await take('folder:.')).toMatchObject({ lists: 2, unfinished: 1, counts: { accepted: 2 } });
    expect(await readdir(folder)).toEqual(['c.txt.part', 'done']);
    expect(await readdir(join(folder, 'done'))).toEqual(['a.txt', 'b.jsonl']);
    expect(await linksOf()).toEqual([1, 2].map(linkOf));
  });

  it('keeps every list that was ever done, also of the same name', async () => {
    const { folder, take } = await startTaking();
    for (const n of [1, 2, 3]) {
      await writeFile(join(folder, 'links.txt'), listOf(n));
      expect((await take('folder:.')).counts.accepted).toBe(1);
    }
    const done = await readdir(join(folder, 'done'));
    expect(done).toHaveLength(3);
    for (const name of done) expect(name).toMatch(/^links(-\d{8}T\d+Z)?\.txt$/);
  });

  it('only moves a list that was taken by a run that died before it moved it', async () => {
    const { folder, take } = await startTaking();
    // A file where the folder should be: moving fails, as it does for a run that is killed.
    await writeFile(join(folder, 'done'), '');
    await writeFile(join(folder, 'a.txt'), listOf(1));
    await take('folder:.');
    await rm(join(folder, 'done'));
    expect(await take('folder:.')).toMatchObject({ lists: 0, unchanged: 1, counts: { total: 0 } });
    expect(await readdir(join(folder, 'done'))).toEqual(['a.txt']);
  });

  it('takes what a program that still has it open writes after it was moved', async () => {
    const { folder, take, linksOf } = await startTaking();
    await using writer = await open(join(folder, 'a.txt'), 'a');
    await writer.write(listOf(1, 2));
    await take('folder:.');
    expect(await take('folder:.')).toMatchObject({ lists: 0, unchanged: 1 });
    await writer.write(listOf(3));
    expect(await take('folder:.')).toMatchObject({ lists: 1, counts: { accepted: 1, duplicates: 2 } });
    expect(await take('folder:.')).toMatchObject({ lists: 0, unchanged: 1 });
    expect(await linksOf()).toEqual([1, 2, 3].map(linkOf));
  });

  it('reads no foreign file in done/, and checks its own for a day', async () => {
    const { folder, take, memory } = await startTaking();
    await writeFile(join(folder, 'a.txt'), listOf(1));
    await take('folder:.');
    await writeFile(join(folder, 'done', 'mine.txt'), listOf(2));
    await rename(join(folder, 'done', 'mine.txt'), join(folder, 'done', 'a.txt'));
    expect(await take('folder:.')).toMatchObject({ lists: 0, unchanged: 0 });
    await writeFile(join(folder, 'b.txt'), listOf(3));
    await take('folder:.');
    const inTwoDays = { clock: { now: () => Date.now() + 48 * 3_600_000 } };
    expect(await take('folder:.', { sources: inTwoDays })).toMatchObject({ lists: 0, unchanged: 0 });
    expect(await memory(`folder:${folder}`).marks()).toEqual(new Map());
  });

  it('says so when it is not there', async () => {
    const { take } = await startTaking();
    await expect(take('folder:nowhere')).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('does not exist on this machine'),
    });
  });
});
