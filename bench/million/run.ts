/**
 * The cost of a large batch: `npm run bench -- million [LINKS]`. One list is enqueued (also killed on the way, and from a
 * source), viewed, exported, cancelled, retried, removed and imported with the real executable, on a separate Redis.
 * Enqueueing is compared with plain `addBulk` on the same Redis. A million links need about 2 GB of memory and a few
 * minutes.
 */
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { readOverview } from '../../src/producer/overview.ts';
import { createLedger } from '../../src/shared/ledger/ledger.ts';
import { loadModels } from '../../src/shared/models/load-models.ts';
import { addBulk } from './add-bulk.ts';
import { killWhen, type Measured, measure, measureNode } from './executable.ts';
import { writeList } from './list-file.ts';
import { type Asked, startAsking, type Waits } from './others.ts';
import { openOwnRedis } from './own-redis.ts';

const defaultLinks = 1_000_000;
const prefix = '{kie-batch}';
const batch = 'million';

interface Bench {
  readonly links: number;
  readonly redis: Redis;
  readonly idle: Redis;
  readonly list: string;
  readonly folder: string;
  command(...words: string[]): Promise<Measured>;
  readonly environment: Readonly<Record<string, string>>;
}

export async function run(args: string[]): Promise<void> {
  const links = Number(args[0] ?? defaultLinks);
  await using own = await openOwnRedis();
  await using beside = await openOwnRedis();
  const [redis, idle] = [new Redis(own.url), new Redis(beside.url)];
  const environment = {
    REDIS_URL: own.url,
    QUEUE_PREFIX: prefix,
    DATA_DIR: join(own.folder, 'project'),
    STORAGE_URL: `file:${join(own.folder, 'videos')}`,
    LOG_LEVEL: 'error',
  };
  const bench: Bench = {
    links,
    redis,
    idle,
    list: await writeList(join(own.folder, `${batch}.txt`), links),
    folder: own.folder,
    command: (...words) => measure(words, environment),
    environment,
  };
  console.log(`${grouped(links)} links\n`);
  await enqueueIt(bench);
  await lookAtIt(bench);
  await operateOnIt(bench);
  await importIt(bench);
  redis.disconnect();
  idle.disconnect();
}

async function enqueueIt({ links, redis, list, command, environment }: Bench): Promise<void> {
  const plain = links / (await addBulk(redis, links));
  row('plain addBulk', `${grouped(plain)} jobs/s`);
  const against = (measured: Measured) =>
    `${grouped(links / measured.seconds)} links/s, ${(links / measured.seconds / plain).toFixed(2)} of addBulk, ${memory(measured)}`;
  await redis.flushdb();
  row('enqueue --source', against(await command('enqueue', '--source', list)));
  await redis.flushdb();
  for (const share of [0.01, 0.4, 0.8])
    await killWhen(['enqueue', list], environment, async () => (await listed(redis)) >= links * share);
  row('enqueue killed', `3 times, ${grouped(await listed(redis))} links were taken`);
  const last = await command('enqueue', list, '--json');
  row('enqueue repeated', `${grouped(await listed(redis))} links listed: ${last.firstLine}`);
  await redis.flushdb();
  row('enqueue', against(await command('enqueue', list)));
  row('enqueue again', against(await command('enqueue', list)));
}

const listed = (redis: Redis) => redis.llen(`${prefix}:batch:${batch}:items`);

async function lookAtIt({ redis, command, environment, folder }: Bench): Promise<void> {
  const node = median(await times(9, async () => (await measureNode(['-e', '0'], environment)).seconds));
  const whole = median(await times(9, async () => (await command('status', batch)).seconds));
  row(
    'status',
    `${(await statusMs(redis)).toFixed(1)} ms for the calls it makes; the process ${ms(whole)}, of which Node ${ms(node)}`,
  );
  for (const format of ['jsonl', 'csv']) {
    const exported = await command('export', batch, '--format', format);
    const rows = exported.stdoutLines - (format === 'csv' ? 1 : 0);
    row(
      `export ${format}`,
      `${grouped(rows / exported.seconds)} rows/s, ${grouped(rows)} rows, ${memory(exported)}`,
    );
  }
  await measure(['export', batch], environment, join(folder, 'export.jsonl'));
}

async function operateOnIt({ redis, idle, command }: Bench): Promise<void> {
  for (const [name, ...words] of [
    ['cancel', 'cancel', batch, '--json'],
    ['retry', 'retry', batch, '--json'],
    ['cancel again', 'cancel', batch, '--json'],
    ['remove', 'remove', batch, '--json'],
  ] as const) {
    const stop = await startAsking(redis, idle);
    const measured = await command(...words);
    row(name, `${measured.seconds.toFixed(1)} s, others waited ${describe(await stop())}`);
    row('', measured.firstLine);
  }
}

async function importIt({ links, command, folder }: Bench): Promise<void> {
  const imported = await command('import', join(folder, 'export.jsonl'), '--json');
  row('import', `${grouped(links / imported.seconds)} rows/s, ${memory(imported)}: ${imported.firstLine}`);
}

/** Without the start of a process. */
async function statusMs(redis: Redis): Promise<number> {
  const ledger = createLedger({ redis, prefix, shareUrl: () => null });
  const deps = { redis, prefix, ledger, models: loadModels({ extraFiles: [] }) };
  const seconds = await times(50, async () => {
    const startedAt = performance.now();
    await readOverview([batch], deps);
    return performance.now() - startedAt;
  });
  return median(seconds);
}

async function times(count: number, act: () => Promise<number>): Promise<number[]> {
  const found: number[] = [];
  for (let round = 0; round < count; round += 1) found.push(await act());
  return found;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function describe({ waits, idleWaits, longestCommandMs }: Asked): string {
  return `${waitsOf(waits)}; at an idle Redis ${waitsOf(idleWaits)}; longest command ${longestCommandMs.toFixed(1)}`;
}

function waitsOf({ medianMs, p99Ms, mostMs }: Waits): string {
  return `${medianMs.toFixed(1)} ms (median), ${p99Ms.toFixed(1)} (p99), ${mostMs.toFixed(1)} (most)`;
}

function row(name: string, text: string): void {
  console.log(`${name.padEnd(18)}${text}`);
}

function memory({ peakRssMib }: Measured): string {
  return `${Math.round(peakRssMib)} MiB`;
}

function ms(seconds: number): string {
  return `${Math.round(seconds * 1000)} ms`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
