/**
 * `npm run bench -- download`: 1,000 files of 1 MB and 4 files of 1 GB from a server on loopback, downloaded in turns by
 * kie-batch, curl and aria2c; and the memory of a whole run with one file of 2 GiB. Prints the median of the rounds.
 * Options: `--folder DIR` (default: a temporary one), `--rounds N` (3), `--quick` (a tenth of the sizes and numbers).
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type Contender, contenders, type Timing, timeCommand } from './contenders.ts';
import { printMemory } from './memory.ts';

interface Load {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  readonly concurrency: number;
}

interface Row {
  readonly contender: string;
  readonly timing: Timing;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      folder: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      quick: { type: 'boolean' },
    },
  });
  const root = await mkdtemp(join(values.folder ?? tmpdir(), 'kie-batch-bench-'));
  const server = await startServer();
  try {
    console.log(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), files in ${root}`);
    for (const load of loads(values.quick ? 10 : 1)) {
      print(load, await measure(load, Number(values.rounds), root, server.origin));
    }
    await printMemory(values.quick ? 2 ** 28 : 2 ** 31);
  } finally {
    server.stop();
    await rm(root, { recursive: true, force: true });
  }
}

function loads(divisor: number): Load[] {
  return [
    { name: 'small files', files: 1000 / divisor, bytes: 1_000_000, concurrency: 8 },
    { name: 'large files', files: 4, bytes: 1_000_000_000 / divisor, concurrency: 4 },
  ];
}

/** In turns, so that whatever else the machine does meets all of them alike. */
async function measure(load: Load, rounds: number, root: string, origin: string): Promise<Row[]> {
  const installed = contenders.filter(isInstalled);
  const timings = new Map<string, Timing[]>(installed.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of installed) {
      timings.get(contender.name)?.push(await measureOne(contender, load, root, origin));
    }
  }
  return installed.map(({ name }) => ({ contender: name, timing: median(timings.get(name) ?? []) }));
}

async function measureOne(contender: Contender, load: Load, root: string, origin: string): Promise<Timing> {
  const folder = join(root, 'run');
  await mkdir(join(folder, 'files'), { recursive: true });
  const urls = Array.from({ length: load.files }, (_, index) => `${origin}/${index}/${load.bytes}.mp4`);
  const timing = await timeCommand(await contender.command(folder, urls, load.concurrency));
  await checkFiles(folder, load.files);
  await rm(folder, { recursive: true });
  // What one contender left to the disk must not slow down the next.
  spawnSync('sync');
  return timing;
}

async function checkFiles(folder: string, expected: number): Promise<void> {
  const names = await readdir(join(folder, 'files'), { recursive: true });
  const found = names.filter((name) => name.endsWith('.mp4')).length;
  if (found !== expected) throw new Error(`${found} files instead of ${expected}`);
}

function isInstalled({ name, program }: Contender): boolean {
  if (spawnSync(program, ['--version']).error === undefined) return true;
  console.log(`${name}: not installed, left out`);
  return false;
}

function median(timings: readonly Timing[]): Timing {
  const sorted = timings.toSorted((a, b) => a.seconds - b.seconds);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

function print({ name, files, bytes, concurrency }: Load, rows: readonly Row[]): void {
  const totalBytes = files * bytes;
  console.log(`\n${name}: ${files} of ${bytes / 1e6} MB, ${concurrency} at once (median)`);
  console.table(
    rows.map(({ contender, timing: { seconds, cpuSeconds } }) => ({
      contender,
      seconds: seconds.toFixed(2),
      'MB/s': (totalBytes / 1e6 / seconds).toFixed(0),
      'files/s': (files / seconds).toFixed(1),
      'CPU s/GB': (cpuSeconds / (totalBytes / 1e9)).toFixed(2),
    })),
  );
  const [ours, ...others] = rows;
  for (const other of others) {
    const share = (other.timing.seconds / (ours?.timing.seconds ?? 1)).toFixed(2);
    console.log(`kie-batch has ${share} of the throughput of ${other.contender}`);
  }
}

async function startServer(): Promise<{ readonly origin: string; stop(): void }> {
  const server = spawn(process.execPath, [join(import.meta.dirname, 'file-server.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [origin] = await once(createInterface({ input: server.stdout }), 'line');
  return { origin: String(origin), stop: () => server.stdin.end() };
}
