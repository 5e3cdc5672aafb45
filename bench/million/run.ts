/**
 * What a great batch costs: `npm run bench -- million [LINKS]`. One list is enqueued, looked at, exported, cancelled, taken
 * up again and removed with the real executable, on a Redis of its own; plain `addBulk` on the same Redis is what
 * enqueueing is measured by. Needs some 2 GB of memory and a few minutes for the million.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { readOverview } from '../../src/producer/overview.ts';
import { createLedger } from '../../src/shared/ledger/ledger.ts';
import { loadModels } from '../../src/shared/models/load-models.ts';
import { type Measured, measure } from './executable.ts';
import { startAsking, type Waits } from './others.ts';
import { openOwnRedis } from './own-redis.ts';

const defaultLinks = 1_000_000;
const chunkSize = 1000;

export async function run(args: string[]): Promise<void> {
  const links = Number(args[0] ?? defaultLinks);
  await using own = await openOwnRedis();
  const redis = new Redis(own.url);
  const others = new Redis(own.url);
  const list = await writeList(join(own.folder, 'million.txt'), links);
  const environment = {
    REDIS_URL: own.url,
    DATA_DIR: join(own.folder, 'project'),
    STORAGE_URL: `file:${join(own.folder, 'videos')}`,
    LOG_LEVEL: 'error',
  };
  const command = (...words: string[]) => measure(words, environment);
  const rate = ({ seconds }: { seconds: number }) => links / seconds;
  const asked = async (work: () => Promise<Measured>) => {
    const stop = await startAsking(others);
    const measured = await work();
    return { measured, waits: await stop() };
  };

  console.log(`${grouped(links)} links\n`);
  const plain = await addBulk(redis, links);
  console.log(`plain addBulk       ${grouped(rate(plain))} jobs/s`);
  await redis.flushdb();
  const enqueued = await command('enqueue', list, '--json');
  const ratio = rate(enqueued) / rate(plain);
  console.log(
    `enqueue             ${grouped(rate(enqueued))} links/s, ${ratio.toFixed(2)} of addBulk, ${memory(enqueued)}`,
  );
  const again = await command('enqueue', list, '--json');
  console.log(`enqueue again       ${grouped(rate(again))} links/s, ${memory(again)}: ${again.firstLine}`);
  console.log(
    `status              ${(await statusMs(redis)).toFixed(1)} ms (median of 50, the calls it makes)`,
  );
  for (const format of ['jsonl', 'csv']) {
    const exported = await command('export', 'million', '--format', format);
    const rows = exported.stdoutLines - (format === 'csv' ? 1 : 0);
    console.log(
      `export ${format.padEnd(5)}        ${grouped(rows / exported.seconds)} rows/s, ${grouped(rows)} rows, ${memory(exported)}`,
    );
  }
  for (const [name, ...words] of [
    ['cancel', 'cancel', 'million', '--json'],
    ['retry', 'retry', 'million', '--json'],
    ['cancel again', 'cancel', 'million', '--json'],
    ['remove', 'remove', 'million', '--json'],
  ] as const) {
    const { measured, waits } = await asked(() => command(...words));
    console.log(
      `${name.padEnd(19)} ${measured.seconds.toFixed(1)} s, others waited ${describe(waits)}: ${measured.firstLine}`,
    );
  }
  redis.disconnect();
  others.disconnect();
}

async function writeList(path: string, links: number): Promise<string> {
  const lines = function* () {
    for (let index = 0; index < links; index += 1)
      yield `https://sora.chatgpt.com/p/s_${createHash('md5').update(String(index)).digest('hex')}\n`;
  };
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return path;
}

async function addBulk(redis: Redis, jobs: number): Promise<{ seconds: number }> {
  const queue = new Queue('plain', { connection: redis });
  await queue.waitUntilReady();
  const startedAt = performance.now();
  for (let start = 0; start < jobs; start += chunkSize) {
    const size = Math.min(chunkSize, jobs - start);
    await queue.addBulk(
      Array.from({ length: size }, (_, index) => ({
        name: 'job',
        data: { url: `https://sora.chatgpt.com/p/s_${start + index}` },
        opts: { jobId: `s_${start + index}` },
      })),
    );
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await queue.close();
  return { seconds };
}

async function statusMs(redis: Redis): Promise<number> {
  const prefix = '{kie-batch}';
  const ledger = createLedger({ redis, prefix, shareUrl: () => null });
  const deps = { redis, prefix, ledger, models: loadModels({ extraFiles: [] }) };
  const times: number[] = [];
  for (let round = 0; round < 50; round += 1) {
    const startedAt = performance.now();
    await readOverview(['million'], deps);
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[25] ?? Number.NaN;
}

function describe({ medianMs, p99Ms, mostMs, longestCommandMs }: Waits): string {
  return `${medianMs.toFixed(1)} ms (median), ${p99Ms.toFixed(1)} (p99), ${mostMs.toFixed(1)} (most; longest command ${longestCommandMs.toFixed(1)})`;
}

function memory({ peakRssMib }: Measured): string {
  return `${Math.round(peakRssMib)} MiB`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
