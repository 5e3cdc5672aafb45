/**
 * A system that stays up: `npm run bench -- soak [--minutes 120] [--every 60] [--remove]`. A worker, `serve`, a Redis and
 * the simulated vendor, each in its own process, at the real limit of 20 new tasks in 10 s: tasks of about 20 s, results
 * of about 40 kB, callbacks, and a fault in every fifth call. Batches of 200 links are enqueued by the command as the
 * backlog runs low, and the dashboard is open. Samples memory, open handles and Redis every so many seconds, then compares
 * the second quarter of the time with the last. The exit code is 1 if handles or clients grew by more than 2, or the
 * memory of the worker or `serve` by more than a tenth. Saved links keep their record, so Redis grows with them;
 * `--remove` removes ended batches, as RETAIN_SAVED_DAYS does after a day. Two hours need 1 GB of disk.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { unfinished } from '../../src/shared/ledger/batch.ts';
import { createLedger } from '../../src/shared/ledger/ledger.ts';
import { freePort } from '../free-port.ts';
import { type OwnRedis, openOwnRedis } from '../million/own-redis.ts';
import { startServe } from '../served.ts';
import { shareLink } from '../system.ts';
import { type Environment, runCommand, startCommand, startVendor, type Vendor } from './processes.ts';
import { openRedisMeter } from './redis-figures.ts';
import { describeLimit, heading, lineOf, type Sample, type Soak, takeSample } from './sample.ts';
import { judge } from './verdict.ts';
import { describeLooks, type Look, visit } from './visits.ts';

interface Plan {
  readonly minutes: number;
  readonly everyMs: number;
  readonly isRemoving: boolean;
}

const prefix = '{kie-batch}';
const apiKey = 'key-of-the-benchmarks';
const limit = '20/10s';
const linksABatch = 200;
/** Fewer links than this wait to be submitted: the next batch is enqueued. */
const ahead = 100;
const fewestSamples = 12;
/** Of each kind of call about a fifth. */
const faults = {
  'create-500': 0.06,
  'create-bad-gateway': 0.05,
  'create-lost': 0.05,
  'create-answer-lost': 0.02,
  'create-slow': 0.02,
  'task-fails-500': 0.1,
  'task-empty-result': 0.1,
  'record-http-500': 0.1,
  'record-lost': 0.05,
  'record-429': 0.05,
  'result-cut': 0.1,
  'result-500': 0.05,
  'result-expired': 0.05,
  'callback-lost': 0.15,
  'callback-double': 0.05,
};

export async function run(args: string[]): Promise<void> {
  const plan = readPlan(args);
  await using own = await openOwnRedis();
  await using vendor = await startVendor(vendorOptions());
  const port = await freePort();
  const environment = environmentOf(own, vendor, port);
  await using served = await startServe({ environment, port });
  await using worker = startCommand(['worker', '--quiet'], environment);
  const redis = new Redis(own.url);
  await using meter = await openRedisMeter(redis, prefix);
  const shareUrl = (_model: string, id: string) => `https://sora.chatgpt.com/p/${id}`;
  const ledger = createLedger({ redis, prefix, shareUrl });
  await soak(
    { environment, folder: own.folder, ledger, vendor, worker, served, meter, removedLinks: 0 },
    plan,
  );
}

function readPlan(args: string[]): Plan {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '120' },
      every: { type: 'string', default: '60' },
      remove: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  const everyMs = Math.min(Number(values.every) * 1000, (minutes * 60_000) / fewestSamples);
  if (!(everyMs > 0)) throw new Error('--minutes and --every take numbers above 0');
  return { minutes, everyMs, isRemoving: values.remove };
}

function vendorOptions(): string[] {
  const rates = Object.entries(faults).map(([name, rate]) => `${name}=${rate}`);
  return [
    ...['--limit', limit, '--api-key', apiKey, '--credits', '1000000000'],
    ...['--task-time', 'lognormal:20s,0.3', '--faults', rates.join(',')],
  ];
}

function environmentOf({ url, folder }: OwnRedis, vendor: Vendor, port: number): Environment {
  return {
    KIE_API_KEY: apiKey,
    KIE_BASE_URL: vendor.url,
    KIE_UPLOAD_URL: vendor.url,
    CALLBACK_BASE_URL: `http://127.0.0.1:${port}`,
    REDIS_URL: url,
    QUEUE_PREFIX: prefix,
    DATA_DIR: join(folder, 'project'),
    STORAGE_URL: `file:${join(folder, 'videos')}`,
    SUBMIT_LIMIT: limit,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    MIN_FREE_BYTES: '1MiB',
    LOG_LEVEL: 'error',
  };
}

/** Feeds, reads and samples until the time is over; Ctrl-C ends it early, with what was measured. */
async function soak(system: Soak, plan: Plan): Promise<void> {
  const [stopping, interrupted] = [new AbortController(), new AbortController()];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const signal = AbortSignal.any([stopping.signal, interrupted.signal]);
  const [samples, looks]: [Sample[], Look[]] = [[], []];
  let batches = 1;
  await enqueue(system, batches);
  const nextBatch = async () => {
    await enqueue(system, batches + 1);
    batches += 1;
  };
  const ended = await Promise.allSettled(
    [
      feed(system, plan, nextBatch, signal),
      visit(system.served, () => nameOf(batches), looks, signal),
      sampleAll(system, plan, samples, signal),
    ].map((part) => part.finally(() => stopping.abort())),
  );
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined && !interrupted.signal.aborted) throw failed.reason;
  if (samples.length < 4) return;
  await report(system, samples, looks);
}

const nameOf = (batch: number) => `soak-${batch}`;

async function enqueue({ folder, environment }: Soak, batch: number): Promise<void> {
  const list = join(folder, `${nameOf(batch)}.txt`);
  const links = Array.from({ length: linksABatch }, (_, n) => shareLink(batch * linksABatch + n));
  await writeFile(list, links.join('\n'));
  await runCommand(['enqueue', list, '--batch', nameOf(batch), '--yes', '--quiet'], environment);
}

async function feed(
  system: Soak,
  { isRemoving }: Plan,
  nextBatch: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, environment } = system;
  while (!signal.aborted) {
    if ((await ledger.counts()).queued < ahead) await nextBatch();
    for (const name of isRemoving ? await ledger.batchNames() : []) {
      const batch = await ledger.batch(name);
      if (batch === null || unfinished(batch.counts) > 0) continue;
      await runCommand(['remove', name, '--yes', '--quiet'], environment);
      system.removedLinks += batch.counts.saved;
    }
    await sleep(5000, undefined, { signal }).catch(() => undefined);
  }
}

async function sampleAll(
  system: Soak,
  { minutes, everyMs }: Plan,
  samples: Sample[],
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  console.log(heading);
  for (let turn = 0; turn * everyMs <= minutes * 60_000; turn += 1) {
    const leftMs = startedAt + turn * everyMs - performance.now();
    await sleep(Math.max(0, leftMs), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const sample = await takeSample(system);
    samples.push(sample);
    console.log(lineOf(sample, sample.atMs - startedAt));
  }
}

async function report({ meter }: Soak, samples: readonly Sample[], looks: readonly Look[]): Promise<void> {
  const { lines, hasLeak } = judge(samples);
  console.log(`\nmedian of the second quarter → of the last quarter\n${lines.join('\n')}`);
  console.log('\nkeys at the end, those without expiry, bytes');
  for (const [sort, { keys, lasting, bytes }] of await meter.sorts())
    console.log(`${sort.padEnd(18)} ${keys}, ${lasting}, ${bytes}`);
  console.log(`\n${describeLooks(looks)}\n${describeLimit(samples)}`);
  if (hasLeak) process.exitCode = 1;
}
