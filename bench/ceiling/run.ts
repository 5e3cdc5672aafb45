/**
 * `npm run bench -- ceiling [--links N] [--workers 1,2,4]`: links per second without a limit of the vendor (tasks of
 * 100 ms, results of about 40 kB), compared with the same three HTTP calls as plain BullMQ jobs, as pg-boss jobs (if
 * PostgreSQL is installed), and with a p-queue script that stores nothing. Each contender has its own process and its own
 * Redis or PostgreSQL; the simulated vendor runs in another process. A row is timed from the first create call to the last
 * file. CPU is that of the contender's processes only; commands are those that its Redis counted. Where the time of a link
 * goes, and what the difference to plain BullMQ pays for: [capacity.md](capacity.md#where-the-time-of-a-link-goes).
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type OwnRedis, openOwnRedis } from '../million/own-redis.ts';
import { commandsOf, countsOf, cpuMsOf, main, startNode, videosIn } from '../processes.ts';
import { shareLink } from '../system.ts';
import { startUnlimitedVendor, unlimitedSettings } from '../unlimited.ts';
import { openOwnPostgres } from './own-postgres.ts';

interface Row {
  readonly name: string;
  readonly linksPerSecond: number;
  readonly cpuMsPerLink: number;
  readonly redisCommandsPerLink: number;
  readonly queriesPerTask: number;
}

interface Contender {
  readonly name: string;
  start(redis: OwnRedis, vendor: string, links: number): Promise<readonly ChildProcess[]>;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { links: { type: 'string', default: '1500' }, workers: { type: 'string', default: '1' } },
  });
  const links = Number(values.links);
  const kieBatch = values.workers.split(',').map((count) => kieBatchOf(Number(count)));
  await using postgres = await openOwnPostgres();
  if (postgres === null) console.log('skipped: pg-boss, as PostgreSQL is not installed');
  const pgBoss = postgres === null ? [] : [bareOf('pg-boss', postgres.url)];
  const rows: Row[] = [];
  for (const contender of [bareOf('p-queue'), bareOf('bullmq'), ...pgBoss, ...kieBatch]) {
    rows.push(await measure(contender, links));
    print(
      rows.at(-1),
      rows.find(({ name }) => name === 'bare BullMQ'),
    );
  }
}

function print(row: Row | undefined, bare: Row | undefined): void {
  if (row === undefined) return;
  const ratio =
    bare === undefined ? '' : `, ${(row.linksPerSecond / bare.linksPerSecond).toFixed(2)} of bare BullMQ`;
  console.log(
    `${row.name}: ${row.linksPerSecond.toFixed(0)} links/s${ratio}; ${row.cpuMsPerLink.toFixed(1)} ms CPU, ${row.redisCommandsPerLink.toFixed(0)} Redis commands and ${row.queriesPerTask.toFixed(2)} queries a link`,
  );
}

function kieBatchOf(workers: number): Contender {
  return {
    name: workers === 1 ? 'kie-batch run' : `kie-batch, ${workers} workers`,
    async start(redis, vendor, links) {
      const list = join(redis.folder, 'links.txt');
      await writeFile(list, Array.from({ length: links }, (_, n) => shareLink(n)).join('\n'));
      const environment = unlimitedSettings(redis, vendor);
      const node = (...rest: string[]) => startNode([main, ...rest], environment);
      if (workers === 1) return [node('run', list, '--yes')];
      const enqueue = node('enqueue', list, '--yes');
      if (enqueue.exitCode === null) await once(enqueue, 'exit');
      return Array.from({ length: workers }, () => node('worker'));
    },
  };
}

const bareNames = {
  'p-queue': 'p-queue, nothing kept',
  bullmq: 'bare BullMQ',
  'pg-boss': 'bare pg-boss on PostgreSQL',
};

/** @param database instead of the contender's own Redis */
function bareOf(kind: keyof typeof bareNames, database?: string): Contender {
  return {
    name: bareNames[kind],
    async start(redis, vendor, links) {
      const files = join(redis.folder, 'files');
      await mkdir(files, { recursive: true });
      const plan = { kind, vendor, store: database ?? redis.url, files, links };
      return [startNode([join(import.meta.dirname, 'bare-client.ts'), JSON.stringify(plan)], {})];
    },
  };
}

async function measure(contender: Contender, links: number): Promise<Row> {
  await using redis = await openOwnRedis();
  using simulator = await startUnlimitedVendor();
  const vendor = simulator.url;
  const started = await contender.start(redis, vendor, links);
  const processes = started.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  let counts = await countsOf(vendor);
  while (counts.createCalls === 0) {
    await sleep(5);
    counts = await countsOf(vendor);
  }
  const startedAt = performance.now();
  const [cpuBefore, commandsBefore] = [await cpuMsOf(processes), await commandsOf(redis)];
  let cpuMs = 0;
  // Seldom, as counting the files of a folder takes time from those that fill it.
  while ((await videosIn(join(redis.folder, 'files'))) < links) {
    // Also during the run: `run` ends with the last file.
    cpuMs = Math.max(cpuMs, (await cpuMsOf(processes)) - cpuBefore);
    await sleep(100);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  cpuMs = Math.max(cpuMs, (await cpuMsOf(processes)) - cpuBefore);
  const commands = (await commandsOf(redis)) - commandsBefore;
  const { queries } = await countsOf(vendor);
  for (const child of started) {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
  return {
    name: contender.name,
    linksPerSecond: links / seconds,
    cpuMsPerLink: cpuMs / links,
    redisCommandsPerLink: commands / links,
    queriesPerTask: queries / links,
  };
}
