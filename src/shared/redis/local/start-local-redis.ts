/**
 * The local Redis of a DATA_DIR, as long as this process needs it: shared with all processes that use the same folder,
 * started if it does not run, restarted if it dies, stopped by the last user. Called by open-redis.ts and the test
 * setup. See docs/local-redis.md.
 */
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import { findRedisProgram } from '../program/find-redis-program.ts';
import type { RedisProgram } from '../program/redis-program.ts';
import type { RedisAddress } from '../redis-address.ts';
import type { JoinDependencies, JoinedServer } from './join-server.ts';
import { joinServer, leaveServer } from './join-server.ts';
import type { AppendFsync, Listening } from './redis-configuration.ts';
import { DEFAULT_APPEND_FSYNC } from './redis-configuration.ts';
import { prepareServerPlace } from './server-place.ts';

export interface LocalRedisOptions {
  dataDir: string;
  /** Where a fetched Redis is kept for all projects of the user; one that cannot be written to is done without. */
  cacheDir: string;
  logger: Logger;
  clock: Clock;
  /** Other than the default only in the benchmark that chose the default. */
  appendFsync?: AppendFsync;
  /** What to run, where the caller knows better than the search. */
  program?: RedisProgram;
}

export interface LocalRedis {
  /** The address stays the same when the server has to be started again. */
  readonly address: RedisAddress;
  readonly startedHere: boolean;
  /** Leaves the server; the last user to leave stops it and waits until its data is on disk. */
  release(): Promise<void>;
}

const MAX_REVIVAL_DELAY_MS = 5_000;

/** Throws a RedisUnusableError when no Redis can be had or it will not start. */
export async function startLocalRedis(options: LocalRedisOptions): Promise<LocalRedis> {
  const { logger, clock, program } = options;
  const leaving = new AbortController();
  const dependencies: JoinDependencies = {
    place: await prepareServerPlace(options.dataDir),
    appendFsync: options.appendFsync ?? DEFAULT_APPEND_FSYNC,
    findProgram: async () =>
      program ?? (await findRedisProgram({ ...options, cacheDir: await usableCacheFolder(options) })),
    logger,
    clock,
    signal: leaving.signal,
  };
  const first = await joinServer(dependencies);
  const watch = keepAlive(dependencies, first);
  return {
    address: addressOf(first.listening),
    startedHere: first.startedHere,
    release: async () => {
      leaving.abort();
      const last = await watch;
      const patient = { ...dependencies, signal: new AbortController().signal };
      if (last !== undefined) await leaveServer(patient, last);
    },
  };
}

/** A user without a home (a service, a container) has no cache folder either: DATA_DIR is theirs in any case. */
export async function usableCacheFolder({
  cacheDir,
  dataDir,
}: Pick<LocalRedisOptions, 'cacheDir' | 'dataDir'>): Promise<string> {
  try {
    await mkdir(cacheDir, { recursive: true });
    await access(cacheDir, constants.W_OK);
    return cacheDir;
  } catch {
    return join(dataDir, 'cache');
  }
}

/** Rejoins when the server ends, until it is told to leave; returns its current membership. */
async function keepAlive(
  dependencies: JoinDependencies,
  first: JoinedServer,
): Promise<JoinedServer | undefined> {
  const { signal, logger } = dependencies;
  const told = new Promise<'told'>((resolve) =>
    signal.addEventListener('abort', () => resolve('told'), { once: true }),
  );
  let joined = first;
  for (;;) {
    if ((await Promise.race([told, joined.membership.ended])) === 'told') return joined;
    logger.warn('The local Redis ended unexpectedly; starting it again');
    const revived = await revive(dependencies);
    if (revived === undefined) return undefined;
    joined = revived;
    logger.info('The local Redis runs again with all its data');
  }
}

async function revive(dependencies: JoinDependencies): Promise<JoinedServer | undefined> {
  const { signal, logger } = dependencies;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await joinServer(dependencies);
    } catch (error) {
      if (signal.aborted) return undefined;
      const problem = error instanceof Error ? error.message : String(error);
      logger.error({ problem, attempt }, 'Could not start the local Redis again; retrying');
      await sleep(Math.min(attempt * 500, MAX_REVIVAL_DELAY_MS), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }
  return undefined;
}

function addressOf(listening: Listening): RedisAddress {
  if (listening.kind === 'socket') return { kind: 'socket', path: listening.path, db: 0 };
  const { port, password } = listening;
  return { kind: 'single', host: '127.0.0.1', port, password, tls: false, db: 0 };
}
