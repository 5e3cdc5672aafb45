/**
 * Which workers are alive, on which host, with which items. Each writes this to Redis every few seconds, by Redis's
 * clock, so that machines with different clocks are treated equally. Shown by the dashboard and `/metrics`; locks and
 * leases make the decisions.
 */
import { z } from 'zod';
import { byStage, type Stage, stages } from '../jobs/catalogue.ts';
import type { Logger } from '../logging/logger.ts';
import { presencePolicy, redisRunPolicy } from '../policy.ts';
import { isErrorWithCode } from '../redis/error-code.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import type { RedisConnection } from '../redis/script.ts';
import { createRedisRun } from './redis-run.ts';

export interface WorkerFacts {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly stages: readonly Stage[];
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** The batch whose links alone it submits; null: of all. */
  readonly onlyBatch: string | null;
  /** Of the program; workers of before an update do not say it. */
  readonly version?: string | undefined;
}

export interface PresenceDeps extends Keyspace {
  readonly logger: Logger;
  /**
   * Called before the first write to a run of Redis. Unless it is the first run, Redis was restarted or another server
   * took over: records again what it may have lost.
   */
  readonly onRun?: (id: string, isFirst: boolean) => Promise<void>;
}

/** Ids of the worker's current items, by stage. */
export type Holding = Readonly<Record<Stage, readonly string[]>>;

export interface PresentWorker extends WorkerFacts {
  readonly holding: Holding;
  /** The run of Redis that has all its records; missing for workers before an update. */
  readonly run?: string | undefined;
  /** Memory of its process. */
  readonly rssBytes?: number | undefined;
  readonly saidMsAgo: number;
  /** False when it has not been heard of for too long: killed, frozen or cut off from Redis. */
  readonly isAlive: boolean;
}

export interface Presence {
  /**
   * Whether a worker has ended: it has said so, its process on this host is gone, or it has been silent for long
   * although Redis accepted this worker's writes. A Redis that refuses writes also silences live workers.
   */
  isGone(id: string): Promise<boolean>;
  /** Whether another worker, alive, submits links of one of these batches. */
  isWanted(batches: readonly string[]): Promise<boolean>;
  /** Allows create calls in a restarted Redis, if every worker has recorded again what it may have lost. */
  settleRun(): Promise<boolean>;
  stop(): Promise<void>;
}

const mostIdsShown = 20;

const holdingSchema = z.object(byStage(() => z.array(z.string())));
const storedWorker = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.number(),
  stages: z.array(z.enum(stages)),
  startedAt: z.number(),
  onlyBatch: z.string().nullable().default(null),
  version: z.string().optional(),
  run: z.string().optional(),
  rssBytes: z.number().optional(),
  saidAt: z.number(),
  holding: holdingSchema,
});

const workersKey = (prefix: string) => `${prefix}:workers`;

/** Announces a worker until it is stopped; a regular stop removes it from the list at once. */
export function announceWorker(facts: WorkerFacts, holding: () => Holding, deps: PresenceDeps): Presence {
  const { redis, prefix, logger, onRun = async () => undefined } = deps;
  const run = createRedisRun(deps);
  let toldRun: string | undefined;
  let settledRun: string | undefined;
  let running: Promise<unknown> = Promise.resolve();
  /** Since when every announcement was accepted; monotonic. */
  let steadySince: number | null = null;

  const say = () => {
    running = announce().then(noteTaken(performance.now()), (error: unknown) => {
      steadySince = null;
      logger.debug({ err: error }, 'A worker could not announce itself');
    });
  };
  const noteTaken = (saidAt: number) => () => {
    const isLate = performance.now() - saidAt > presencePolicy.everyMs;
    if (isLate || steadySince === null) steadySince = performance.now();
  };
  async function announce(): Promise<void> {
    const { id: present } = await run.read();
    if (present !== toldRun) await onRun(present, toldRun === undefined);
    toldRun = present;
    const saidAt = await redisNow(redis);
    const held = holding();
    const shown = {
      submit: held.submit.slice(0, mostIdsShown),
      'status-check': held['status-check'].slice(0, mostIdsShown),
      download: held.download.slice(0, mostIdsShown),
    };
    await redis.hset(
      workersKey(prefix),
      facts.id,
      JSON.stringify({ ...facts, run: toldRun, saidAt, rssBytes: process.memoryUsage.rss(), holding: shown }),
    );
    if (settledRun !== toldRun) await settleRun();
  }

  async function settleRun(): Promise<boolean> {
    const { id, uptimeS } = await run.read();
    if (id !== toldRun) {
      say();
      return false;
    }
    const others = (await listWorkers({ redis, prefix })).filter((each) => each.id !== facts.id);
    const isEverybodyHeard = others.every(
      (each) => each.run === undefined || each.run === id || hasEnded(each),
    );
    const isAnybodyUnknown = others.some((each) => each.isAlive) && uptimeS < redisRunPolicy.leastUptimeS;
    if (!isEverybodyHeard || isAnybodyUnknown) return false;
    await run.settle(id);
    settledRun = id;
    return true;
  }

  say();
  redis.on('ready', say);
  const timer = setInterval(say, presencePolicy.everyMs);
  function hasEnded({ isAlive, host, pid }: PresentWorker): boolean {
    if (host === facts.host && !isRunning(pid)) return true;
    return !isAlive && steadySince !== null && performance.now() - steadySince > presencePolicy.goneAfterMs;
  }

  return {
    async isGone(id) {
      const worker = (await listWorkers({ redis, prefix })).find((each) => each.id === id);
      return worker === undefined || (!worker.isAlive && hasEnded(worker));
    },
    settleRun,
    async isWanted(batches) {
      const others = (await listWorkers({ redis, prefix })).filter(
        ({ id, isAlive, host, pid, stages: on }) =>
          id !== facts.id && isAlive && on.includes('submit') && (host !== facts.host || isRunning(pid)),
      );
      return others.some(({ onlyBatch }) => onlyBatch === null || batches.includes(onlyBatch));
    },
    async stop() {
      clearInterval(timer);
      redis.off('ready', say);
      await running;
      await redis.hdel(workersKey(prefix), facts.id).catch(() => undefined);
    },
  };
}

/** The longest running first. */
export async function listWorkers({ redis, prefix }: Keyspace): Promise<PresentWorker[]> {
  const [stored, now] = await Promise.all([redis.hgetall(workersKey(prefix)), redisNow(redis)]);
  const workers: PresentWorker[] = [];
  for (const [id, text] of Object.entries(stored)) {
    const read = storedWorker.safeParse(JSON.parse(text));
    const saidMsAgo = read.success ? Math.max(0, now - read.data.saidAt) : Number.POSITIVE_INFINITY;
    if (!read.success || saidMsAgo > presencePolicy.forgottenAfterMs)
      await redis.hdel(workersKey(prefix), id);
    else workers.push({ ...read.data, saidMsAgo, isAlive: saidMsAgo <= presencePolicy.goneAfterMs });
  }
  return workers.sort((a, b) => a.startedAt - b.startedAt);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user cannot be signalled, but runs.
    return !isErrorWithCode(error, 'ESRCH');
  }
}

async function redisNow(redis: RedisConnection): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}
