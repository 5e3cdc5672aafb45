/**
 * The gate compared with other limiters: share of the limit and refusals, in virtual time with three kinds of servers and
 * in real time over HTTP for a few rows, and the cost of an admission in Redis: `npm run bench -- gate
 * [virtual|real|cost]…`. A full run saves bench/results/gate.csv and gate.svg.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pino from 'pino';
import { systemClock } from '../../src/shared/clock.ts';
import { cacheFolder } from '../../src/shared/configuration/configuration.ts';
import { startLocalRedis } from '../../src/shared/redis/local/start-local-redis.ts';
import { admissionCosts } from './admission-cost.ts';
import { plotSvg } from './plot.ts';
import { realRows } from './real-rows.ts';
import { printRows, type Row, rowsToCsv } from './row.ts';
import { virtualRows } from './virtual-rows.ts';

const parts = ['virtual', 'real', 'cost'] as const;
const resultsFolder = join(import.meta.dirname, '..', 'results');

export async function run(args: string[]): Promise<void> {
  const wanted = args.length === 0 ? parts : parts.filter((part) => args.includes(part));
  const dataDir = await mkdtemp(join(tmpdir(), 'kie-bench-gate-'));
  const logger = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }));
  const local = await startLocalRedis({ dataDir, cacheDir: cacheFolder(), logger, clock: systemClock });
  if (local.address.kind !== 'socket') throw new Error('a local Redis listens on a socket');
  const redis = new Redis(local.address.path);
  const rows: Row[] = [];
  const keep = (row: Row) => {
    rows.push(row);
  };
  try {
    if (wanted.includes('virtual')) await virtualRows(redis, keep);
    if (wanted.includes('real')) await realRows(local.address.path, keep);
    if (rows.length > 0) printRows(rows);
    if (wanted.includes('cost')) console.table(await admissionCosts(redis));
    if (args.length === 0) await save(rows);
  } finally {
    await redis.quit();
    await local.release();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function save(rows: readonly Row[]): Promise<void> {
  await mkdir(resultsFolder, { recursive: true });
  await writeFile(join(resultsFolder, 'gate.csv'), rowsToCsv(rows));
  await writeFile(join(resultsFolder, 'gate.svg'), plotSvg(rows));
  console.log(`Saved ${join(resultsFolder, 'gate.csv')} and gate.svg`);
}
