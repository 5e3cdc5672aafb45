/**
 * Speed and memory of reading lists: `npm run bench -- lists [LINKS] [ROUNDS]`. Each format is read by `readList` and by
 * plain `readline`, in turns and in new processes. Prints the median of the rounds.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { writeLists } from './list-files.ts';

const DEFAULT_LINKS = 1_000_000;
const DEFAULT_ROUNDS = 3;

const readingSchema = z.object({
  links: z.number(),
  problems: z.number(),
  elapsedMs: z.number(),
  peakRssBytes: z.number(),
});

type Reading = z.infer<typeof readingSchema>;

export async function run(args: string[]): Promise<void> {
  const [links = DEFAULT_LINKS, rounds = DEFAULT_ROUNDS] = args.map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-bench-lists-'));
  try {
    const paths = await writeLists(folder, links);
    console.log(`${links} links, median of ${rounds} rounds, peak memory of a fresh process\n`);
    console.log('file           links/s  readline/s   ratio   peak MiB  readline MiB');
    for (const path of paths) console.log(await measured(path, links, rounds));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measured(path: string, links: number, rounds: number): Promise<string> {
  const lists: Reading[] = [];
  const readlines: Reading[] = [];
  for (let round = 0; round < rounds; round += 1) {
    lists.push(await read('list', path, links));
    readlines.push(await read('readline', path, links));
  }
  const rate = links / (medianOf(lists, 'elapsedMs') / 1_000);
  const readlineRate = links / (medianOf(readlines, 'elapsedMs') / 1_000);
  return [
    basename(path).padEnd(12),
    Math.round(rate).toString().padStart(9),
    Math.round(readlineRate).toString().padStart(11),
    (rate / readlineRate).toFixed(2).padStart(7),
    mebibytes(medianOf(lists, 'peakRssBytes')).padStart(10),
    mebibytes(medianOf(readlines, 'peakRssBytes')).padStart(13),
  ].join(' ');
}

async function read(how: 'list' | 'readline', path: string, links: number): Promise<Reading> {
  const script = join(import.meta.dirname, 'reading.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, how, path]);
  const reading = readingSchema.parse(JSON.parse(stdout));
  if (reading.links !== links || reading.problems > 0) throw new Error(`${how} misread ${path}: ${stdout}`);
  return reading;
}

function medianOf(readings: readonly Reading[], figure: 'elapsedMs' | 'peakRssBytes'): number {
  const sorted = readings.map((reading) => reading[figure]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function mebibytes(bytes: number): string {
  return Math.round(bytes / 1024 / 1024).toString();
}
