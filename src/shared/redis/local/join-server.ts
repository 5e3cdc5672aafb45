/**
 * Joins the local Redis of a place and starts it if necessary; leaves it, and stops it if no other process uses it.
 * Both under the place's lock, so that of two processes one starts it and the other joins, and none joins a server that
 * is stopping. Called by start-local-redis.ts.
 */
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { RedisProgram } from '../program/redis-program.ts';
import { RedisUnusableError } from '../redis-unusable-error.ts';
import { startContainer, stopContainer } from './container-server.ts';
import { withLock } from './generation-lock.ts';
import type { Membership } from './membership.ts';
import { hasOtherUsers, joinAsUser, waitUntilLoaded } from './membership.ts';
import { isAlive } from './process-identity.ts';
import type { AppendFsync, Listening } from './redis-configuration.ts';
import type { ServerPlace } from './server-place.ts';
import { discardSocketPath } from './server-place.ts';
import type { ServerRecord } from './server-record.ts';
import { readServerRecord, removeServerRecord } from './server-record.ts';
import { startFailure, startServer } from './start-server.ts';

export interface JoinDependencies {
  place: ServerPlace;
  appendFsync: AppendFsync;
  /** Searched only if no server runs: it may have to be downloaded. */
  findProgram: () => Promise<RedisProgram>;
  logger: Logger;
  clock: Clock;
  signal: AbortSignal;
}

export interface JoinedServer {
  membership: Membership;
  listening: Listening;
  startedHere: boolean;
}

const POLL_MS = 20;
const LOAD_ATTEMPTS = 3;
/** A server without a socket is coming or going for this long; after that it has lost its socket. */
const SOCKETLESS_MS = 3_000;
/** How long a server may take to react to a signal. */
const SIGNAL_TIMEOUT_MS = 15_000;
/** A stopping server writes and syncs its data first. */
const STOP_TIMEOUT_MS = 60_000;

export async function joinServer(dependencies: JoinDependencies): Promise<JoinedServer> {
  for (let attempt = 1; ; attempt += 1) {
    const running = await underLock(dependencies, () => joinRunning(dependencies));
    const joined = running ?? (await startOrJoin(dependencies));
    try {
      await waitUntilLoaded(joined.membership, () =>
        dependencies.logger.info('The local Redis is reading its append-only file'),
      );
      return joined;
    } catch (error) {
      joined.membership.connection.disconnect();
      // It may have been killed just now; if it dies each time, there is a reason.
      if (attempt === LOAD_ATTEMPTS) throw await startFailure(dependencies.place, error);
    }
  }
}

/** The program is found outside the lock: a download takes time, and other processes may need the lock to leave. */
async function startOrJoin(dependencies: JoinDependencies): Promise<JoinedServer> {
  const program = await dependencies.findProgram();
  return underLock(
    dependencies,
    async () => (await joinRunning(dependencies)) ?? start(dependencies, program),
  );
}

async function joinRunning({ place, clock }: JoinDependencies): Promise<JoinedServer | undefined> {
  const record = await readServerRecord(place.recordFile);
  if (record === undefined) return undefined;
  const deadlineAt = clock.now() + SOCKETLESS_MS;
  do {
    const membership = await tryJoin(record, place);
    if (membership !== undefined) return { membership, listening: record.listening, startedHere: false };
    if (!(await isProcessAlive(record))) return undefined;
    await sleep(POLL_MS);
  } while (clock.now() < deadlineAt);
  // Its socket is gone, so it is unreachable; but it still has the append-only file open.
  await endProcess(record, clock);
  return undefined;
}

async function tryJoin(record: ServerRecord, place: ServerPlace): Promise<Membership | undefined> {
  try {
    return await joinAsUser(record.listening);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new RedisUnusableError('start-failed', `The local Redis in ${place.folder}: ${problem}.`, {
      cause: error,
    });
  }
}

async function start(dependencies: JoinDependencies, program: RedisProgram): Promise<JoinedServer> {
  const { place, clock, appendFsync } = dependencies;
  const before = (await readServerRecord(place.recordFile))?.listening;
  const membership =
    program.kind === 'binary'
      ? await startServer({ place, clock, appendFsync, binary: program.path, before })
      : await startContainer({ place, clock, appendFsync, image: program.image, before });
  const record = await readServerRecord(place.recordFile);
  if (record === undefined) throw await startFailure(place);
  dependencies.logger.debug({ program, listening: record.listening.kind }, 'Started a local Redis');
  return { membership, listening: record.listening, startedHere: true };
}

/** Leaves the server. The last user stops it and waits for its end. */
export async function leaveServer(dependencies: JoinDependencies, joined: JoinedServer): Promise<void> {
  const { membership } = joined;
  if (membership.connection.status === 'end') return;
  await underLock(dependencies, async () => {
    const others = await hasOtherUsers(membership).catch(() => true);
    if (others) membership.connection.disconnect();
    else await stopServer(dependencies, joined);
    await membership.ended;
  });
}

async function stopServer({ place, clock, logger }: JoinDependencies, joined: JoinedServer): Promise<void> {
  const record = await readServerRecord(place.recordFile);
  // Answers only if it cannot: a server that obeys closes the connection instead.
  const refusal = await joined.membership.connection.shutdown().catch((error: Error) => error);
  if (refusal instanceof Error && refusal.message.startsWith('LOADING') && record !== undefined)
    signalEnd(record, 'SIGTERM');
  if (record === undefined || !(await waitUntilGone(record, clock, STOP_TIMEOUT_MS))) {
    logger.warn({ folder: place.folder }, 'The local Redis takes long to stop; not waiting any longer');
    joined.membership.connection.disconnect();
    return;
  }
  await removeServerRecord(place.recordFile);
  if (record.listening.kind === 'socket') await discardSocketPath(record.listening.path);
  if (record.container !== undefined) await stopContainer(record.container);
}

async function endProcess(record: ServerRecord, clock: Clock): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    signalEnd(record, signal);
    if (await waitUntilGone(record, clock, SIGNAL_TIMEOUT_MS)) return;
  }
}

async function waitUntilGone(record: ServerRecord, clock: Clock, timeoutMs: number): Promise<boolean> {
  const deadlineAt = clock.now() + timeoutMs;
  while (await isProcessAlive(record)) {
    if (clock.now() >= deadlineAt) return false;
    await sleep(POLL_MS);
  }
  return true;
}

async function isProcessAlive(record: ServerRecord): Promise<boolean> {
  return record.process !== undefined && (await isAlive(record.process)) === 'alive';
}

function signalEnd(record: ServerRecord, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (record.process === undefined) return;
  try {
    kill(record.process.pid, signal);
  } catch {
    // Ended in the meantime.
  }
}

function underLock<Result>(
  { place, clock, signal }: JoinDependencies,
  work: () => Promise<Result>,
): Promise<Result> {
  return withLock({ folder: place.lockFolder, clock, signal }, work);
}
