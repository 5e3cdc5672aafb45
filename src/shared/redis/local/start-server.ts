/**
 * Starts a Redis server for a place, as a separate process that outlives this one and does not receive its Ctrl-C.
 * Called under the lock by join-server.ts. Invariant: the record names a process before that process can open the
 * append-only file, so a `kill -9` between the two never leads to two servers on one file.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { RedisUnusableError } from '../redis-unusable-error.ts';
import type { Membership } from './membership.ts';
import { joinAsUser } from './membership.ts';
import { identifyProcess } from './process-identity.ts';
import type { AppendFsync, Listening } from './redis-configuration.ts';
import { redisConfiguration } from './redis-configuration.ts';
import type { ServerPlace } from './server-place.ts';
import { chooseSocketPath } from './server-place.ts';
import { writeServerRecord } from './server-record.ts';

const START_TIMEOUT_MS = 20_000;
const POLL_MS = 10;

/**
 * The shell waits for a line before it becomes the server: if this process dies first, it reads an end of file and
 * exits. Redis since 7.2 refuses to start with a locale that the system lacks, hence LC_ALL.
 */
const LAUNCH_SCRIPT = 'read -r go && export LC_ALL=C && exec "$0" "$@" </dev/null';

export interface StartOptions {
  place: ServerPlace;
  /** Path of the server binary. */
  binary: string;
  appendFsync: AppendFsync;
  /** Where the server listened before, to be found there again. */
  before: Listening | undefined;
  clock: Clock;
}

/** Starts the server and joins it. Throws a RedisUnusableError with the server's last words. */
export async function startServer(options: StartOptions): Promise<Membership> {
  const { place } = options;
  const beforePath = options.before?.kind === 'socket' ? options.before.path : undefined;
  const listening: Listening = { kind: 'socket', path: await chooseSocketPath(place, beforePath) };
  const settings = { folder: place.folder, listening, appendFsync: options.appendFsync };
  await writeFile(place.configurationFile, redisConfiguration(settings), { mode: 0o600 });
  const child = await launch(options);
  return joinStarted(child, listening, options);

  async function launch({ binary }: StartOptions): Promise<ChildProcess> {
    const log = await open(place.logFile, 'a', 0o600);
    try {
      const launched = spawn('/bin/sh', ['-c', LAUNCH_SCRIPT, binary, place.configurationFile], {
        cwd: place.folder,
        detached: true,
        stdio: ['pipe', log.fd, log.fd],
      });
      await once(launched, 'spawn');
      await giveTheWord(launched);
      return launched;
    } finally {
      await log.close();
    }
  }

  async function giveTheWord(launched: ChildProcess): Promise<void> {
    if (launched.pid === undefined || launched.stdin === null) throw new Error('the process has no id');
    await writeServerRecord(place.recordFile, { listening, process: await identifyProcess(launched.pid) });
    launched.stdin.on('error', () => undefined);
    launched.stdin.end('go\n');
    launched.unref();
  }
}

async function joinStarted(
  child: ChildProcess,
  listening: Listening,
  options: StartOptions,
): Promise<Membership> {
  const deadlineAt = options.clock.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && child.signalCode === null && options.clock.now() < deadlineAt) {
    const membership = await joinAsUser(listening);
    if (membership !== undefined) return membership;
    await sleep(POLL_MS);
  }
  throw await startFailure(options.place);
}

/** What to say when a server would not start: its last words. */
export async function startFailure(place: ServerPlace, cause?: unknown): Promise<RedisUnusableError> {
  const log = await readFile(place.logFile, 'utf8').catch(() => '');
  const lastWords = lastComplaint(log);
  return new RedisUnusableError(
    'start-failed',
    `The local Redis in ${place.folder} did not start${lastWords === '' ? '' : `: ${lastWords}`}. Its log is ${place.logFile}.`,
    cause === undefined ? undefined : { cause },
  );
}

/** The last warning (`#`) in a Redis log, else its last line, without process id and date. */
export function lastComplaint(log: string): string {
  const lines = log.trim().split('\n').slice(-20);
  const line = lines.findLast((candidate) => / # |\*\*\* /.test(candidate)) ?? lines.at(-1) ?? '';
  return line.replace(/^\d+:[A-Z] .*? [#*.-] /, '').trim();
}
