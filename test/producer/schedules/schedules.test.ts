/** Schedules as they run: by BullMQ's clock, on a real Redis, with ticks of a second. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScheduleRun } from '../../../src/producer/schedules/schedule.ts';
import { KEPT_RUNS } from '../../../src/producer/schedules/schedule-store.ts';
import {
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  viewSchedule,
} from '../../../src/producer/schedules/schedules.ts';
import { dueTick, repairTicks, startTicks } from '../../../src/producer/schedules/ticks-queue.ts';
import { until } from '../../setup/until.ts';
import { linkOf, listOf } from '../sources/taking.ts';
import { everySecond, serveSlowly, startScheduling } from './scheduling.ts';

const yearly = '0 0 1 1 *';

const ticksOf = (runs: readonly ScheduleRun[]) => runs.map(({ tickAt }) => tickAt);

describe('a schedule', () => {
  it('brings what is new at each tick, once however many workers there are', async () => {
    const { folder, add, startRunner, ran, ledger } = await startScheduling();
    await writeFile(join(folder, 'links.txt'), listOf(1, 2));
    for (const host of ['one', 'two', 'three']) startRunner(host);
    await add();
    await ran(1);
    await writeFile(join(folder, 'links.txt'), listOf(1, 2, 3));
    const runs = await until(async () => {
      const found = await ran(2);
      return found.some(({ counts }) => counts.total === 3) && found;
    }, 'the longer list was read');
    expect(new Set(ticksOf(runs)).size).toBe(runs.length);
    expect(runs.reduce((sum, { counts }) => sum + counts.accepted, 0)).toBe(3);
    expect((await ledger.batch('news'))?.counts.queued).toBe(3);
  });

  it('makes up once for the ticks that were missed while nothing ran', async () => {
    const { folder, add, startRunner, ran, deps } = await startScheduling();
    await writeFile(join(folder, 'links.txt'), listOf(1));
    await add();
    const missedAt = await dueTick(deps.queue, 'news');
    await until(() => Date.now() > (missedAt ?? 0) + 2500, 'ticks were missed');
    startRunner();
    const [first, second] = await ran(2);
    expect(first?.tickAt).toBe(missedAt);
    expect(second?.tickAt).toBeGreaterThan((first?.startedAt ?? 0) - 1);
  });

  it('keeps a missed tick when it is added again with the same times', async () => {
    const { add, deps } = await startScheduling();
    await add();
    const missedAt = (await dueTick(deps.queue, 'news')) ?? 0;
    await until(() => Date.now() > missedAt + 1100, 'a tick was missed');
    await add({ source: 'other.txt' });
    expect(await dueTick(deps.queue, 'news')).toBe(missedAt);
    await add({ cron: '*/2 * * * * *' });
    expect(await dueTick(deps.queue, 'news')).toBeGreaterThan(missedAt);
  });

  it('is not started again while a run of it still continues', async () => {
    const { add, startRunner, ran, skippedTicks } = await startScheduling();
    const slow = await serveSlowly(listOf(1, 2));
    startRunner('one');
    startRunner('two');
    await add({ source: slow.url });
    await until(async () => (await skippedTicks()) >= 2, 'two ticks were left out');
    expect(slow.asked()).toBe(1);
    slow.release();
    const [run] = await ran(1);
    expect(run).toMatchObject({ counts: { accepted: 2 }, error: null });
    expect(run?.skippedTicks).toBeGreaterThanOrEqual(2);
  });

  it('continues elsewhere with the tick of a worker that was stopped', async () => {
    const { add, startRunner, runs, ran, deps } = await startScheduling();
    const slow = await serveSlowly(listOf(1, 2));
    const first = startRunner('first');
    await add({ source: slow.url });
    await until(() => slow.asked() === 1, 'the run had begun');
    await pauseSchedule('news', deps);
    await first.stop();
    expect(await runs()).toEqual([]);
    slow.release();
    await deps.store.put({ ...(await viewSchedule('news', 1, deps)).schedule, paused: false });
    startRunner('second');
    const [run] = await ran(1);
    expect(run).toMatchObject({ host: 'second', counts: { accepted: 2 } });
  });

  it('writes down what went wrong, and recovers', async () => {
    const { folder, add, startRunner, ran, deps } = await startScheduling();
    await add({ source: 'folder:inbox' });
    startRunner();
    await ran(1);
    await rm(join(folder, 'inbox'), { force: true });
    const { runs } = await viewSchedule('news', 10, deps);
    expect(runs[0]?.error).toMatch(/The folder .*inbox cannot be read: it does not exist/);
    await add({ source: 'links.txt' });
    await writeFile(join(folder, 'links.txt'), `${listOf(1)}nonsense\n`);
    const brought = await until(
      async () =>
        (await viewSchedule('news', 50, deps)).runs.find(({ counts }) => counts.accepted === 1) ?? null,
      'the links came',
    );
    expect(brought).toMatchObject({ batch: 'news', error: null, lists: 1, counts: { total: 2, invalid: 1 } });
  });

  it('keeps its links apart from those of another model or another source', async () => {
    const { folder, add, startRunner, ran, ledger } = await startScheduling();
    await writeFile(join(folder, 'links.txt'), listOf(1));
    await writeFile(join(folder, 'others.txt'), `https://videos.example.com/1.mp4\n`);
    startRunner();
    await add();
    await add({ name: 'others', source: 'others.txt', model: 'topaz/video-upscale' });
    const [, [others]] = await Promise.all([ran(1), ran(1, 'others')]);
    expect(others).toMatchObject({ error: null, counts: { accepted: 1 } });
    expect((await ledger.batch('news'))?.model).toBe('sora-watermark-remover');
    expect((await ledger.batch('others'))?.model).toBe('topaz/video-upscale');
  });

  it('is quiet while it is paused, and continues when it is resumed', async () => {
    const { folder, add, startRunner, ran, runs, deps } = await startScheduling();
    await writeFile(join(folder, 'links.txt'), listOf(1));
    startRunner();
    await add();
    await add({ name: 'other' });
    await ran(1);
    await pauseSchedule('news', deps);
    const others = (await runs('other')).length;
    const before = (await runs()).length;
    await ran(others + 3, 'other');
    expect((await runs()).length).toBeLessThanOrEqual(before + 1);
    expect((await viewSchedule('news', 1, deps)).nextAt).toBeNull();
    await resumeSchedule('news', deps);
    await ran(before + 2);
  });

  it('stays paused when it is changed', async () => {
    const { add, deps } = await startScheduling();
    await add();
    await pauseSchedule('news', deps);
    await add({ cron: yearly });
    expect(await viewSchedule('news', 1, deps)).toMatchObject({ schedule: { paused: true }, nextAt: null });
  });

  it('leaves nothing to come when it is removed', async () => {
    const { add, deps } = await startScheduling();
    await add();
    await removeSchedule('news', deps);
    expect(await dueTick(deps.queue, 'news')).toBeNull();
    expect(await deps.queue.getJobCountByTypes('delayed', 'waiting')).toBe(0);
    await expect(removeSchedule('news', deps)).rejects.toThrow(/no schedule "news"; there are none yet/);
  });

  it('remembers a bounded number of runs', async () => {
    const { deps } = await startScheduling();
    const run: ScheduleRun = {
      tickAt: 0,
      startedAt: 0,
      endedAt: 0,
      by: 'schedule',
      host: 'here',
      batch: 'news',
      counts: { total: 0, accepted: 0, duplicates: 0, alreadySaved: 0, invalid: 0 },
      lists: 0,
      unchanged: 0,
      unfinished: 0,
      error: null,
      skippedTicks: 0,
    };
    for (let tickAt = 1; tickAt <= KEPT_RUNS + 5; tickAt += 1) {
      await deps.store.addRun('news', { ...run, tickAt });
    }
    const kept = await deps.store.runs('news', 1000);
    expect([kept.length, kept[0]?.tickAt]).toEqual([KEPT_RUNS, KEPT_RUNS + 5]);
  });

  it.each([
    ['a cron expression', { cron: 'often' }, /not a cron expression/],
    ['a time zone', { timeZone: 'Mars' }, /not a time zone/],
    ['a source', { source: 'ftp://x' }, /"ftp:" is unknown/],
    ['a batch template', { batchTemplate: '{nome}' }, /\{nome\}/],
  ])('is not made of what is not %s', async (_what, change, reason) => {
    const { add, deps } = await startScheduling();
    await expect(add(change)).rejects.toThrow(reason);
    expect(await deps.store.all()).toEqual([]);
  });
});

describe('ticks that were lost', () => {
  it('are made again from the schedules, and those of no schedule are taken away', async () => {
    const { add, deps } = await startScheduling();
    const schedule = await add({ cron: yearly });
    await deps.queue.removeJobScheduler('news');
    await startTicks(deps.queue, { ...schedule, name: 'gone' });
    await repairTicks(deps.queue, await deps.store.all());
    expect(await dueTick(deps.queue, 'news')).not.toBeNull();
    expect(await dueTick(deps.queue, 'gone')).toBeNull();
  });

  it('are made again when a scheduler has lost its job', async () => {
    const { add, deps } = await startScheduling();
    await add({ cron: yearly });
    await deps.queue.drain(true);
    await repairTicks(deps.queue, await deps.store.all());
    expect(await dueTick(deps.queue, 'news')).not.toBeNull();
  });

  it('do not include one that is only overdue', async () => {
    const { add, deps } = await startScheduling();
    await add({ cron: everySecond });
    const dueAt = (await dueTick(deps.queue, 'news')) ?? 0;
    await until(() => Date.now() > dueAt + 1100, 'it was overdue');
    await repairTicks(deps.queue, await deps.store.all());
    expect(await dueTick(deps.queue, 'news')).toBe(dueAt);
  });
});

describe('the way of a link through a schedule', () => {
  it('ends in a batch that is named after the tick', async () => {
    const { folder, add, startRunner, ran, ledger } = await startScheduling();
    await writeFile(join(folder, 'links.txt'), `# mine\n${listOf(7)}`);
    startRunner();
    await add({ batchTemplate: '{name}-{date}' });
    const [run] = await ran(1);
    const day = new Date(run?.tickAt ?? 0).toISOString().slice(0, 10);
    expect(run?.batch).toBe(`news-${day}`);
    const pages = [];
    for await (const page of ledger.items(`news-${day}`)) pages.push(page);
    expect(pages.flat().map(({ url }) => url)).toEqual([linkOf(7)]);
  });
});
