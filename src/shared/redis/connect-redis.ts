/**
 * Makes ioredis connections to a Redis address, with the settings that BullMQ and our own scripts need.
 * Called by open-redis.ts, which keeps track of them; the caller hears of trouble through `onTrouble`, since
 * an ioredis connection without an error listener prints to the console.
 */
import type { RedisOptions } from 'ioredis';
import { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from './redis-address.ts';

/**
 * `blocking`: for a BullMQ worker or queue events; commands wait for Redis without limit. `commands`: for queues and
 * scripts; they wait through a restart or failover and fail after about a minute. `requests`: for callers that wait for
 * an answer (pages, the API); while Redis is away commands fail at once, and none is sent later.
 */
export type ConnectionRole = 'commands' | 'blocking' | 'requests';

export type RedisConnection = Redis | Cluster;

/** Replies in the shapes of RESP2, whatever is spoken on the wire: what BullMQ and our scripts read. */
type OwnOptions = RedisOptions & { replyMapping?: 'legacy' };

/** With reconnectDelayMs of a remote address, this many attempts take about a minute. */
const COMMAND_RETRIES = 40;
const CONNECT_TIMEOUT_MS = 10_000;
/** A Redis that accepts commands and does not answer. */
const REQUEST_TIMEOUT_MS = 10_000;

/** A local server is back within a second or two, and refusing costs it nothing: retry often. */
function reconnectDelayMs(address: RedisAddress, attempt: number): number {
  return address.kind === 'socket' ? Math.min(attempt * 50, 500) : Math.min(attempt * 100, 2_000);
}

export function connectRedis(
  address: RedisAddress,
  role: ConnectionRole,
  onTrouble: (error: Error) => void,
): RedisConnection {
  const connection = createConnection(address, role);
  connection.on('error', onTrouble);
  return connection;
}

function createConnection(address: RedisAddress, role: ConnectionRole): RedisConnection {
  const shared = sharedOptions(address, role);
  const retryStrategy = (attempt: number) => reconnectDelayMs(address, attempt);
  switch (address.kind) {
    case 'single':
      return new Redis({
        ...shared,
        ...tls(address.tls),
        host: address.host,
        port: address.port,
        retryStrategy,
        db: address.db,
      });
    case 'socket':
      return new Redis({ ...shared, path: address.path, retryStrategy, db: address.db });
    case 'sentinel':
      return new Redis({ ...shared, ...sentinelOptions(address), retryStrategy });
    case 'cluster':
      return new Cluster(address.nodes, {
        enableOfflineQueue: role !== 'requests',
        redisOptions: { ...shared, ...tls(address.tls) },
        clusterRetryStrategy: retryStrategy,
        slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
        // Managed clusters present certificates for names; resolving to addresses first would break them.
        ...(address.tls ? { dnsLookup: keepHostName } : {}),
      });
  }
}

const retriesOf = { commands: COMMAND_RETRIES, blocking: null, requests: 0 } as const;
const atOnce = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  commandTimeout: REQUEST_TIMEOUT_MS,
} as const;

function sharedOptions(address: RedisAddress, role: ConnectionRole): OwnOptions {
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: retriesOf[role],
    ...(role === 'requests' ? atOnce : {}),
    // After a failover the old primary answers READONLY: reconnect. `commands` are sent again; a worker repeats
    // what is refused, says so, and must not reconnect for each of its commands.
    reconnectOnError: createReconnectRule(role),
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
  };
}

const burstMs = 1000;

/** All pending replies are refused at once: for workers the first one is enough. */
function createReconnectRule(role: ConnectionRole): (error: Error) => boolean | 1 | 2 {
  let reconnectedAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (!error.message.startsWith('READONLY')) return false;
    if (role !== 'blocking') return 2;
    if (performance.now() - reconnectedAt < burstMs) return false;
    reconnectedAt = performance.now();
    return 1;
  };
}

function sentinelOptions(address: RedisAddress & { kind: 'sentinel' }): OwnOptions {
  return {
    sentinels: address.sentinels,
    name: address.name,
    db: address.db,
    ...(address.sentinelPassword === undefined ? {} : { sentinelPassword: address.sentinelPassword }),
    ...(address.tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  };
}

function tls(wanted: boolean): OwnOptions {
  return wanted ? { tls: {} } : {};
}

function keepHostName(
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null, address: string) => void,
): void {
  callback(null, hostname);
}
