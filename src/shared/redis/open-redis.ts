/**
 * The one door to Redis for every process: from REDIS_URL or a local server, judged before use. Called by
 * the wiring of each command; hands out connections and closes them all. Invariant: a Redis that would lose
 * links silently is never handed out.
 */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { ConnectionRole, RedisConnection } from './connect-redis.ts';
import { Connections } from './connections.ts';
import { inspectRedis } from './inspect-redis.ts';
import type { Verdict } from './judge-redis.ts';
import { judgeRedis } from './judge-redis.ts';
import type { LocalRedis } from './local/start-local-redis.ts';
import { DEFAULT_REACH_TIMEOUT_MS, reachRedis } from './reach-redis.ts';
import type { RedisAddress } from './redis-address.ts';
import { describeAddress, parseRedisUrl } from './redis-address.ts';
import { RedisUnusableError } from './redis-unusable-error.ts';

export interface OpenRedisOptions {
  /** Where it is given, nothing is started here. */
  redisUrl?: string | undefined;
  dataDir: string;
  cacheDir: string;
  logger: Logger;
  /** Judged, where a Cluster puts demands on it. */
  queuePrefix?: string | undefined;
  clock?: Clock;
  /** How long the Redis of REDIS_URL may take for its first answer; 5 s. */
  reachTimeoutMs?: number;
}

export interface RedisHandle {
  /** A new connection, closed with the handle at the latest; BullMQ workers need `blocking`. */
  connect(role: ConnectionRole): RedisConnection;
  /** For people, without credentials. */
  readonly describe: string;
  /** Closes every connection, then leaves a local server, which stops with its last user. */
  close(): Promise<void>;
}

/** Throws a RedisUnusableError, whose message says what to do. */
export async function openRedis(options: OpenRedisOptions): Promise<RedisHandle> {
  if (options.redisUrl !== undefined) return openAddress(parseRedisUrl(options.redisUrl), options, undefined);
  const { startLocalRedis } = await import('./local/start-local-redis.ts');
  const local = await startLocalRedis({ ...options, clock: options.clock ?? systemClock });
  try {
    return await openAddress(local.address, options, local);
  } catch (error) {
    await local.release();
    throw error;
  }
}

async function openAddress(
  address: RedisAddress,
  options: OpenRedisOptions,
  local: LocalRedis | undefined,
): Promise<RedisHandle> {
  const connections = new Connections(address, options.logger);
  const describe = local === undefined ? describeAddress(address) : `local Redis in ${options.dataDir}`;
  try {
    const first = connections.open('commands');
    await reachRedis({
      connection: first,
      describe,
      trouble: () => connections.latestTrouble,
      timeoutMs: options.reachTimeoutMs ?? DEFAULT_REACH_TIMEOUT_MS,
    });
    report(await judge(first, address, options), describe, options.logger);
    await connections.close(first);
  } catch (error) {
    await connections.closeAll();
    throw error;
  }
  return {
    describe,
    connect: (role) => connections.open(role),
    close: async () => {
      await connections.closeAll();
      await local?.release();
    },
  };
}

async function judge(
  connection: RedisConnection,
  address: RedisAddress,
  { queuePrefix }: OpenRedisOptions,
): Promise<Verdict> {
  return judgeRedis(await inspectRedis(connection), { asCluster: address.kind === 'cluster', queuePrefix });
}

function report({ refusals, warnings }: Verdict, describe: string, logger: Logger): void {
  if (refusals.length > 0) {
    throw new RedisUnusableError(
      'unsuitable',
      `The Redis at ${describe} cannot be used: ${refusals.join('; ')}.`,
    );
  }
  for (const warning of warnings) logger.warn({ redis: describe, warning }, `Redis: ${warning}`);
}
