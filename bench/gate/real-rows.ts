/**
 * A few rows in real time, over HTTP and with real processes, to show that virtual time does not lie: the same
 * server and delays, a shorter window. BullMQ's limiter has its clock in Redis, so it runs here alone.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { contenders } from './contenders.ts';
import { measureRow } from './measure.ts';
import { seededRandom } from './random.ts';
import type { ClientPlan } from './real-client.ts';
import type { Row } from './row.ts';
import { boundPercent, configuredMax, delayMs } from './scenarios.ts';
import { createServer } from './servers.ts';
import { type Request, runVirtually } from './virtual-gate.ts';
import { runLibrary } from './virtual-libraries.ts';

const windowMs = 2000;
const windows = 10;
const durationMs = windows * windowMs;
const settlingMs = 3 * windowMs;
const jobs = 3000;

interface RealCourse {
  readonly contender: string;
  readonly processes: number;
  readonly scenario: 'known' | 'too low';
}

/** Those of a group run side by side, each against a server of its own; two cores bear so many. */
const groups: readonly (readonly RealCourse[])[] = [
  [
    { contender: 'this gate', processes: 1, scenario: 'known' },
    { contender: 'this gate', processes: 4, scenario: 'known' },
    { contender: 'this gate', processes: 1, scenario: 'too low' },
  ],
  [
    { contender: 'bullmq', processes: 1, scenario: 'known' },
    { contender: 'bullmq', processes: 4, scenario: 'known' },
    { contender: 'p-queue strict', processes: 1, scenario: 'known' },
    { contender: 'smithy adaptive', processes: 1, scenario: 'known' },
  ],
];

export async function realRows(redisPath: string, onRow: (row: Row) => void): Promise<void> {
  for (const group of groups) {
    const rows = await Promise.all(group.map((course) => realRow(course, redisPath)));
    for (const row of rows) onRow(row);
  }
  const redis = new Redis(redisPath);
  for (const course of groups.flat()) {
    const requests = await sameInVirtualTime(course, redis);
    if (requests) onRow(rowOf('virtual', course, requests, boundPercent(windowMs, delayMs)));
  }
  await redis.quit();
}

const limitOf = ({ scenario }: RealCourse) => (scenario === 'known' ? configuredMax : 2 * configuredMax);

function rowOf(time: Row['time'], course: RealCourse, requests: readonly Request[], bound: number): Row {
  const settled = { fromMs: settlingMs, toMs: durationMs, limit: limitOf(course) };
  return {
    time,
    server: 'sliding window',
    scenario: `${course.scenario}, 2 s window, ${time} time`,
    contender: course.contender,
    processes: course.processes,
    boundPercent: bound,
    ...measureRow(requests, windowMs, settled, 0, bound),
  };
}

async function realRow(course: RealCourse, redisPath: string): Promise<Row> {
  const requests: Request[] = [];
  const http = await startServer(limitOf(course), requests);
  const prefix = `{bench-${randomUUID()}}`;
  if (course.contender === 'bullmq') await addJobs(redisPath, prefix);
  const plan: ClientPlan = {
    contender: course.contender,
    url: http.url,
    redisPath,
    prefix,
    max: configuredMax,
    windowMs,
    known: course.scenario === 'known',
    part: 1 / course.processes,
  };
  const clients = await Promise.all(Array.from({ length: course.processes }, () => startClient(plan)));
  http.begin();
  for (const client of clients) client.send('start');
  await sleep(durationMs);
  http.end();
  await Promise.all(clients.map(stopClient));
  http.close();
  return rowOf('real', course, requests, await realBound(redisPath, prefix));
}

/**
 * A busy machine adds to the spread what nobody can foretell either: the bound by the times from admission to answer
 * that the gate has seen, twice their mean excess as for an even distribution. Other limiters measure none.
 */
async function realBound(redisPath: string, prefix: string): Promise<number> {
  const redis = new Redis(redisPath);
  const [least, mean] = await redis.hmget(`${prefix}:gate:submit`, 'rttMin', 'rttMean');
  await redis.quit();
  if (!least || !mean) return boundPercent(windowMs, delayMs);
  return boundPercent(windowMs, [Number(least) / 1000, Number(mean) / 1000]);
}

interface SlowServer {
  readonly url: string;
  begin(): void;
  end(): void;
  close(): void;
}

/** Counts a request after the way there, answers after the way back. */
async function startServer(limit: number, requests: Request[]): Promise<SlowServer> {
  const server = createServer('sliding window', limit, windowMs * 1000);
  const random = seededRandom(1);
  const oneWayMs = () => delayMs[0] + random() * (delayMs[1] - delayMs[0]);
  let startMs = performance.now();
  let ended = false;
  const http = createHttpServer(async (_request, response) => {
    await sleep(oneWayMs());
    const arrivedAtMs = performance.now() - startMs;
    const accepted = server.arrive(performance.now() * 1000);
    if (!ended) requests.push({ arrivedAtMs, accepted, other: false });
    await sleep(oneWayMs());
    response.writeHead(accepted ? 200 : 429).end();
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    begin: () => {
      startMs = performance.now();
    },
    end: () => {
      ended = true;
    },
    close: () => {
      http.closeAllConnections();
      http.close();
    },
  };
}

async function startClient(plan: ClientPlan): Promise<ChildProcess> {
  const client = fork(join(import.meta.dirname, 'real-client.ts'), [JSON.stringify(plan)]);
  await once(client, 'message');
  return client;
}

async function stopClient(client: ChildProcess): Promise<void> {
  const ended = once(client, 'exit');
  client.disconnect();
  await ended;
}

async function addJobs(redisPath: string, prefix: string): Promise<void> {
  const connection = new Redis(redisPath, { maxRetriesPerRequest: null });
  const queue = new Queue('submit', { connection, prefix });
  await queue.addBulk(Array.from({ length: jobs }, (_, index) => ({ name: 'send', data: { index } })));
  await queue.close();
  await connection.quit();
}

function sameInVirtualTime(course: RealCourse, redis: Redis): Promise<Request[]> | null {
  const server = createServer('sliding window', limitOf(course), windowMs * 1000);
  const known = course.scenario === 'known';
  const { processes } = course;
  if (course.contender === 'this gate') {
    const limit = { max: configuredMax, windowMs };
    const gate = { limit, leaseMs: 10_000, learn: known ? 'down' : 'both' } as const;
    const prefix = `{bench-${randomUUID()}}`;
    return runVirtually({ redis, prefix, server, gate, seed: 1, workers: processes, durationMs, delayMs });
  }
  const library = contenders.find(({ name }) => name === course.contender);
  if (!library) return null;
  const createLimiter = () => library.create({ max: configuredMax / processes, windowMs });
  const scenario = { name: course.scenario, limit: limitOf(course), known };
  return runLibrary({ server, scenario, createLimiter, processes, durationMs, changeAtMs: 0, seed: 1 });
}
