/**
 * `npm run bench -- real-limit [--minutes 10]`: kie-batch at the limit of a real account, 20 new tasks per 10 s in a sliding
 * window, with tasks of about 20 s and results of about 40 kB. Beside it, at the same time and at a vendor of its own, an
 * ordinary p-queue script processes the same links. Aims: 99 % of the limit, no refusal, 8 ms of CPU per link.
 *
 * The share counts from the first create call. A sliding window accepts at most 20 calls at that instant and 20 more after
 * each 10 s, so 20·m in m windows, the last of which begins 10 s before the end. A call of this last window counts by how
 * much of the window it had left: 1 at its very beginning, 0.5 in its middle. So each ms by which a window is late lowers
 * the share, wherever the measured time ends, and 100 % is only reached by calls that take no time.
 *
 * CPU per link is that of the contender's processes (with its Redis) from 30 s after the first call, when links are saved as
 * fast as others are submitted, to the end, divided by the videos saved in that time. "With start" is everything since the
 * process began, by all videos saved. Redis commands include those that scripts make. Memory is the highest so far (VmHWM).
 */
import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type OwnRedis, openOwnRedis } from '../million/own-redis.ts';
import {
  commandsOf,
  countsOf,
  cpuMsOf,
  main,
  peakMibOf,
  pidOf,
  startNode,
  startVendor,
  stopNode,
  videosIn,
} from '../processes.ts';
import { shareLink } from '../system.ts';
import { describeRow, type Reading, type Row, shareOfLimit } from './row.ts';

interface Contender {
  readonly name: string;
  readonly hasRedis: boolean;
  start(redis: OwnRedis, vendor: string, links: number): Promise<ChildProcess>;
}

const limit = { max: 20, windowMs: 10_000 };
/** Three windows: tasks take about two. */
const settledMs = 30_000;

const kieBatch: Contender = {
  name: 'kie-batch run',
  hasRedis: true,
  async start(redis, vendor, links) {
    const list = join(redis.folder, 'links.txt');
    await writeFile(list, Array.from({ length: links }, (_, n) => shareLink(n)).join('\n'));
    return startNode([main, 'run', list, '--yes'], {
      KIE_API_KEY: 'key-of-the-benchmarks',
      KIE_BASE_URL: vendor,
      REDIS_URL: redis.url,
      DATA_DIR: join(redis.folder, 'logs'),
      STORAGE_URL: `file:${join(redis.folder, 'files')}`,
      ALLOW_PRIVATE_ADDRESSES: 'true',
      MIN_FREE_BYTES: '1MiB',
      SUBMIT_LIMIT: '20/10s',
    });
  },
};

const pQueue: Contender = {
  name: 'p-queue script, nothing kept',
  hasRedis: false,
  async start(redis, vendor, links) {
    const files = join(redis.folder, 'files');
    await mkdir(files, { recursive: true });
    const plan = JSON.stringify({ vendor, files, links });
    return startNode([join(import.meta.dirname, 'p-queue-script.ts'), plan], {});
  },
};

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { minutes: { type: 'string', default: '10' } } });
  const minutes = Number(values.minutes);
  if (!(minutes >= 1)) throw new Error('--minutes must be at least 1');
  const [script, own] = await Promise.all([measure(pQueue, minutes), measure(kieBatch, minutes)]);
  console.log(describeRow(script, minutes));
  console.log(describeRow(own, minutes));
  const cpu = (own.steady.cpuMs / script.steady.cpuMs).toFixed(2);
  console.log(`kie-batch / script: ${(own.share / script.share).toFixed(2)} of its share, ${cpu} of its CPU`);
}

async function measure(contender: Contender, minutes: number): Promise<Row> {
  await using redis = await openOwnRedis();
  const vendor = await startVendor('--limit', '20/10s', '--task-time', '18s-22s');
  const spanMs = Math.ceil((minutes * 60_000) / limit.windowMs) * limit.windowMs;
  // A window more than there is time for.
  const links = limit.max * (spanMs / limit.windowMs + 1);
  const child = await contender.start(redis, vendor.url, links);
  child.stdout?.resume();
  const pids = [child.pid ?? 0, ...(contender.hasRedis ? [await pidOf(redis)] : [])];
  const read = async (): Promise<Reading> => ({
    cpuMs: await cpuMsOf(pids),
    commands: await commandsOf(redis),
    videos: await videosIn(join(redis.folder, 'files')),
  });
  try {
    const before = await read();
    const firstAtMs = await firstCallAt(vendor.url);
    await untilInstant(firstAtMs + settledMs);
    const settled = await read();
    await untilInstant(firstAtMs + spanMs);
    const end = await read();
    if (child.exitCode !== null) throw new Error(`${contender.name} ended with ${child.exitCode}`);
    const counts = await countsOf(vendor.url);
    return {
      name: contender.name,
      ...shareOfLimit(counts.admittedAtMs, spanMs, limit),
      refused: counts.refused,
      queriesPerTask: counts.queries / counts.admittedAtMs.length,
      steady: perVideo(settled, end),
      withStart: perVideo({ ...before, cpuMs: 0, videos: 0 }, end),
      peakMib: await Promise.all(pids.map(peakMibOf)),
    };
  } finally {
    await stopNode(child, 'SIGKILL');
    vendor[Symbol.dispose]();
  }
}

/** Unix milliseconds. */
async function firstCallAt(vendor: string): Promise<number> {
  for (;;) {
    const [first] = (await countsOf(vendor)).admittedAtMs;
    if (first !== undefined) return first;
    await sleep(50);
  }
}

async function untilInstant(atMs: number): Promise<void> {
  await sleep(Math.max(0, atMs - Date.now()));
}

function perVideo(from: Reading, to: Reading): { readonly cpuMs: number; readonly commands: number } {
  const videos = to.videos - from.videos;
  return { cpuMs: (to.cpuMs - from.cpuMs) / videos, commands: (to.commands - from.commands) / videos };
}
