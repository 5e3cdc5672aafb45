/** How soon the jobs of a killed worker are active again, of kie-batch and of plain BullMQ; see run.ts. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { stages } from '../../src/shared/jobs/catalogue.ts';
import { jobPolicy } from '../../src/shared/policy.ts';
import { type OwnRedis, openOwnRedis } from '../million/own-redis.ts';
import { main, startNode } from '../processes.ts';
import { type BenchSystem, startBenchSystem } from '../system.ts';
import { type Kill, killOne, type Resumed } from './pair.ts';
import { medianOf, spreadOf } from './spread.ts';

/** Pairs of kie-batch that run at once: mostly they wait, but their starts take turns on the processor. */
const atOnce = 4;
/** Of plain BullMQ's default settings. */
const plainCheckMs = 30_000;

export async function measureRecovery(runs: number): Promise<void> {
  await using redis = await openOwnRedis();
  const openCallsMs: number[] = [];
  const [plain, own] = await Promise.all([
    // Their runs take up to two minutes, and nearly no processor time.
    inGroups(runs, runs, (turn) => killPlain(redis, phaseOf(turn, runs) * plainCheckMs)),
    inGroups(runs, atOnce, (turn) =>
      killKieBatch(phaseOf(turn, runs) * jobPolicy.stalledCheckMs, openCallsMs),
    ),
  ]);
  const timesOf = (resumed: readonly Resumed[]) => resumed.map(({ afterMs }) => afterMs);
  console.log(`recovery, plain BullMQ: ${spreadOf(timesOf(plain))}; ${plain.length} jobs, ${runs} kills`);
  const ratio = (medianOf(timesOf(own)) / medianOf(timesOf(plain))).toFixed(2);
  const counted = `${own.length} jobs, ${runs} kills`;
  console.log(`recovery, kie-batch: ${spreadOf(timesOf(own))}; ${ratio} of plain BullMQ; ${counted}`);
  for (const stage of stages) {
    const ofStage = own.filter(({ queue }) => queue === stage);
    console.log(`  ${stage}: ${spreadOf(timesOf(ofStage))}; ${ofStage.length} jobs`);
  }
  if (openCallsMs.length > 0)
    console.log(
      `  open create calls, until dealt with: ${spreadOf(openCallsMs)}; ${openCallsMs.length} links`,
    );
}

/** Workers look for expired locks at intervals: the kills of all runs are spread evenly over one, as a share of it. */
function phaseOf(turn: number, runs: number): number {
  return (turn + Math.random()) / runs;
}

async function inGroups<Result>(
  runs: number,
  size: number,
  perform: (turn: number) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < runs; from += size) {
    const group = Array.from({ length: Math.min(size, runs - from) }, (_, n) => perform(from + n));
    results.push(...(await Promise.all(group)).flat());
  }
  return results;
}

async function killPlain({ url }: OwnRedis, waitMs: number): Promise<Resumed[]> {
  const prefix = `{plain-${randomUUID()}}`;
  const connection = url.startsWith('unix:') ? { path: url.slice('unix://'.length) } : { url };
  const queue = new Queue('work', { connection, prefix });
  // Enough for both until the kill; afterwards the other one may be idle.
  await queue.addBulk(Array.from({ length: 4000 }, () => ({ name: 'work', data: {} })));
  await queue.close();
  return killOne({
    redisUrl: url,
    prefix,
    queues: ['work'],
    waitMs,
    startWorker: () => startNode([join(import.meta.dirname, 'bare-worker.ts'), url, prefix], {}),
  });
}

/** @param openCallsMs gets the times of the links whose create call was open */
async function killKieBatch(waitMs: number, openCallsMs: number[]): Promise<Resumed[]> {
  await using system = await startBenchSystem({
    simulator: { limit: { max: 10, windowMs: 1000 }, taskTime: '2s', answerDelay: '700ms' },
    environment: { SUBMIT_LIMIT: '10/1s', DOWNLOAD_CONCURRENCY: '16' },
  });
  await system.give(2000);
  // Awaited here: the system is closed on return.
  return await killOne(
    {
      redisUrl: system.environment['REDIS_URL'] ?? '',
      prefix: system.prefix,
      queues: stages,
      waitMs,
      startWorker: () => startNode([main, 'worker'], system.environment),
    },
    async ({ atMs, jobs }) => {
      const times = await Promise.all(jobs.map((job) => leftSubmittingAfter(system, atMs, job)));
      openCallsMs.push(...times.filter((ms) => ms !== null));
    },
  );
}

/** From the kill until the link of an open create call is in another state; null for others. */
async function leftSubmittingAfter(
  { session }: BenchSystem,
  atMs: number,
  { queue, id }: Kill['jobs'][number],
): Promise<number | null> {
  const isOpen = async () => (await session.ledger.item(id))?.state === 'submitting';
  if (queue !== 'submit' || !(await isOpen())) return null;
  while (await isOpen()) await sleep(50);
  return Date.now() - atMs;
}
