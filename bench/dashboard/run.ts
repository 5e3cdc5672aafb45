/**
 * The cost of the dashboard: `npm run bench -- dashboard [LINKS]` (default 1,000,000). First the response times of the
 * pages of such a batch, compared with /healthz, and the delay of a hundred open pages. Then the CPU time of `serve` and
 * the extra commands of Redis while links move at ten times the vendor's usual rate, without pages and with four.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openPages, type Served, startServe } from '../served.ts';
import { type BenchSystem, shareLink, startBenchSystem } from '../system.ts';

const defaultLinks = 1_000_000;
const failedLinks = 5000;
const looks = 40;
const openPagesCount = 100;
const changes = 12;
const watchedMs = 40_000;
const batch = 'bench';

export async function run(args: readonly string[]): Promise<void> {
  const links = Number(args[0] ?? defaultLinks);
  await using system = await startBenchSystem({
    simulator: { limit: { max: 20, windowMs: 1000 }, taskTime: '4s-8s', credits: links * 10 },
    environment: { SUBMIT_LIMIT: '20/1s' },
  });
  await system.give(links);
  const taskId = await prepare(system);
  await using served = await startServe({ environment: system.environment });
  await measurePages(served, links, taskId);
  await measureDelays(system, served);
  await measureWatching(system, served);
}

/** Some links have failed, for two reasons, and one has a task. */
async function prepare({ session: { ledger } }: BenchSystem): Promise<string> {
  for (let n = 0; n < failedLinks; n += 1) {
    const fields = n % 3 === 0 ? rejected : timedOut(n);
    await ledger.move('fail', idOf(n), fields);
  }
  const taskId = 'task-of-the-benchmark';
  await ledger.move('beginSubmit', idOf(failedLinks));
  await ledger.move('recordTask', idOf(failedLinks), { taskId });
  return taskId;
}

const rejected = { reason: 'rejected', message: 'video_url is not accessible' } as const;
const timedOut = (n: number) =>
  ({ reason: 'task-timeout', message: `no result after ${n} s of waiting` }) as const;

function idOf(n: number): string {
  const link = shareLink(n);
  return link.slice(link.lastIndexOf('/') + 1);
}

async function measurePages(served: Served, links: number, taskId: string): Promise<void> {
  // Each look asks for something else where the server keeps what it has found for a while.
  const paths: Record<string, (look: number) => string> = {
    'the batch': () => `/batches/${batch}`,
    'far down its links': (look) => `/batches/${batch}?from=${Math.floor(links * 0.9) + look}`,
    'by link': (look) => `/batches/${batch}?q=${encodeURIComponent(shareLink(links - 1 - look))}`,
    'by task id': () => `/batches/${batch}?q=${taskId}`,
    'by a part of an id': (look) => `/batches/${batch}?q=${idOf(links - 1 - look).slice(-8)}`,
    'its failed links': () => `/batches/${batch}?state=failed`,
    'failed for one reason': () => `/batches/${batch}?state=failed&reason=rejected`,
    'one under way among all': (look) => `/batches/${batch}?state=processing&from=${look}`,
    'all batches': () => '/batches',
    'the overview': () => '/',
    'the workers': () => '/workers',
    'the gates': () => '/gate',
    'the form of a new batch': () => '/new',
    'one link': (look) => `/items/${idOf(look)}`,
    'API, 500 items': (look) => `/api/v1/batches/${batch}/items?limit=500&cursor=${look * 500}`,
  };
  console.log(`A batch of ${links} links, ${looks} looks at each page, each beside one at /healthz\n`);
  for (const [name, pathOf] of Object.entries(paths)) {
    const [tookMs, besideMs]: [number[], number[]] = [[], []];
    for (let look = 0; look < looks; look += 1) {
      besideMs.push(await served.timeOf('/healthz'));
      tookMs.push(await served.timeOf(pathOf(look)));
    }
    const [first = 0] = tookMs;
    const [median, p95, worst] = [0.5, 0.95, 1].map((share) => quantile(tookMs, share).toFixed(0));
    const times = (quantile(tookMs, 0.5) / quantile(besideMs, 0.5)).toFixed(1);
    console.log(
      `${name.padEnd(26)} median ${median} ms (${times} times /healthz), p95 ${p95} ms, first ${first.toFixed(0)} ms, worst ${worst} ms`,
    );
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

/** From a change in the ledger until the last of all open pages has been sent what it changes. */
async function measureDelays({ session: { ledger } }: BenchSystem, served: Served): Promise<void> {
  const lastPartAt = new Array<number>(openPagesCount).fill(0);
  const paths = ['/', '/batches', `/batches/${batch}`];
  const followed = lastPartAt.map((_, page) => paths[page % paths.length] ?? '/');
  using _pages = openPages(served, followed, (page) => {
    lastPartAt[page] = performance.now();
  });
  await sleep(5000);
  const delays: number[] = [];
  for (let change = 0; change < changes; change += 1) {
    // Not in step with the second in which pages are read.
    await sleep(2000 + change * 83);
    const changedAt = performance.now();
    await ledger.move('beginSubmit', idOf(failedLinks + 1 + change));
    const isShown = () => lastPartAt.every((at) => at > changedAt);
    while (!isShown() && performance.now() - changedAt < 10_000) await sleep(5);
    delays.push(isShown() ? Math.max(...lastPartAt) - changedAt : Number.POSITIVE_INFINITY);
  }
  const [median, worst] = [0.5, 1].map((share) => quantile(delays, share).toFixed(0));
  console.log(
    `\nA change is on the last of ${openPagesCount} open pages after ${median} ms (median of ${changes}), ${worst} ms (worst)`,
  );
}

async function measureWatching(system: BenchSystem, served: Served): Promise<void> {
  await system.startWorker();
  await sleep(5000);
  const meter = async (name: string) => {
    const before = await readMeters(system, served);
    await sleep(watchedMs);
    const after = await readMeters(system, served);
    const share = (key: keyof typeof before) =>
      ((after[key] - before[key]) / (after.atMs - before.atMs)) * 100_000;
    const saved = ((after.saved - before.saved) / (after.atMs - before.atMs)) * 1000;
    console.log(
      `${name.padEnd(26)} serve ${share('serveSeconds').toFixed(1)} %, Redis ${share('redisSeconds').toFixed(1)} % of a core, ${saved.toFixed(1)} links/s`,
    );
  };
  console.log(`\nLinks move, ${watchedMs / 1000} s each`);
  await meter('nobody looks');
  for (const [name, paths] of [
    ['one overview', ['/']],
    ['three overviews', ['/', '/', '/']],
    ['and the batch', ['/', '/', '/', `/batches/${batch}`]],
  ] as const) {
    using _pages = openPages(served, paths);
    await meter(name);
  }
}

async function readMeters({ session: { redis, ledger } }: BenchSystem, served: Served) {
  const info = await redis.info('cpu');
  const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  return {
    atMs: performance.now(),
    serveSeconds: await served.cpuSeconds(),
    redisSeconds: seconds('used_cpu_user') + seconds('used_cpu_sys'),
    saved: (await ledger.counts()).saved,
  };
}
