/**
 * Runs the local Redis of a place as a container, where there is an engine and no binary: its port is
 * published on loopback only and a random password keeps other users of the machine out. Called under the
 * lock by join-server.ts; the engine itself sees to it that a name runs only once.
 */
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { getgid, getuid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { runTool } from '../program/run-tool.ts';
import { RedisUnusableError } from '../redis-unusable-error.ts';
import type { Membership } from './membership.ts';
import { joinAsUser } from './membership.ts';
import type { AppendFsync, Listening } from './redis-configuration.ts';
import { redisConfiguration } from './redis-configuration.ts';
import type { ServerPlace } from './server-place.ts';
import { writeServerRecord } from './server-record.ts';

const PORT_INSIDE = 6379;
const FOLDER_INSIDE = '/data';
const START_TIMEOUT_MS = 30_000;
/** An image may have to be pulled first. */
const RUN_TIMEOUT_MS = 10 * 60 * 1000;
const POLL_MS = 50;

export interface StartContainerOptions {
  place: ServerPlace;
  image: string;
  appendFsync: AppendFsync;
  before: Listening | undefined;
  clock: Clock;
}

export async function startContainer(options: StartContainerOptions): Promise<Membership> {
  const { place, clock } = options;
  const container = containerName(place);
  // The same again for a restart: the other users reconnect with what they know.
  const password =
    options.before?.kind === 'loopback' ? options.before.password : randomBytes(24).toString('base64url');
  const inside: Listening = { kind: 'loopback', port: PORT_INSIDE, password };
  const settings = { folder: FOLDER_INSIDE, listening: inside, appendFsync: options.appendFsync };
  await writeFile(place.configurationFile, redisConfiguration(settings), { mode: 0o600 });
  // One left by a crash of the engine; a running one would have been joined.
  await stopContainer(container);
  await docker(runArguments(options, container));
  const listening: Listening = { kind: 'loopback', port: await publishedPort(container), password };
  await writeServerRecord(place.recordFile, { listening, container });
  const deadlineAt = clock.now() + START_TIMEOUT_MS;
  while (clock.now() < deadlineAt) {
    const membership = await joinAsUser(listening);
    if (membership !== undefined) return membership;
    await sleep(POLL_MS);
  }
  throw new RedisUnusableError(
    'start-failed',
    `The container ${container} (${options.image}) does not answer.`,
  );
}

/** Removes a container and, as far as it still runs, lets its server finish writing first. */
export async function stopContainer(container: string): Promise<void> {
  await runTool('docker', ['stop', '--time', '60', container], { timeoutMs: 90_000 });
  await runTool('docker', ['rm', '--force', container], { timeoutMs: 30_000 });
}

function runArguments({ place, image, before }: StartContainerOptions, container: string): string[] {
  const user = getuid === undefined || getgid === undefined ? [] : ['--user', `${getuid()}:${getgid()}`];
  // The same port again where there was one, so that users find the restarted server.
  const port = before?.kind === 'loopback' ? before.port : '';
  return [
    ...['run', '--detach', '--name', container, ...user],
    ...['--publish', `127.0.0.1:${port}:${PORT_INSIDE}`, '--volume', `${place.folder}:${FOLDER_INSIDE}`],
    ...[image, 'redis-server', `${FOLDER_INSIDE}/redis.conf`],
  ];
}

async function publishedPort(container: string): Promise<number> {
  const output = await docker(['port', container, `${PORT_INSIDE}/tcp`]);
  return Number(/127\.0\.0\.1:(\d+)/.exec(output)?.[1]);
}

async function docker(args: readonly string[]): Promise<string> {
  const result = await runTool('docker', args, { timeoutMs: RUN_TIMEOUT_MS });
  if (result.ok) return result.stdout;
  throw new RedisUnusableError('start-failed', `Could not start a Redis container: ${result.complaint}`);
}

function containerName(place: ServerPlace): string {
  return `kie-batch-redis-${createHash('sha256').update(place.folder).digest('hex').slice(0, 12)}`;
}
