/**
 * A Redis of one's own, append-only as users have it: killed and started again, with everything that it had
 * acknowledged or without its last second, slow to load, and made to refuse writes in every way a real one does. For
 * tests and for `npm run chaos`. Dispose it at the end.
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type RedisProgram, startOnFreePort, startOnPort } from './start-redis-program.ts';
import { until } from './until.ts';

/** By the word its error begins with. */
export const refusals = ['NOREPLICAS', 'OOM', 'MISCONF', 'READONLY'] as const;
export type Refusal = (typeof refusals)[number];

/** What can be done to a Redis, whether it is one server or several. */
export interface TormentedRedis extends AsyncDisposable {
  readonly url: string;
  readonly refusals: readonly Refusal[];
  /** As by SIGKILL: nothing that it had answered is lost. */
  kill(): Promise<void>;
  /** As by a loss of power: what it wrote within its last second is lost. @returns how many bytes */
  losePower(): Promise<number>;
  /**
   * What was killed, until it answers again.
   * @param loadMs for how long, or longer, it reads its file and answers LOADING meanwhile
   */
  start(loadMs?: number): Promise<void>;
  refuse(how: Refusal): Promise<void>;
  acceptAgain(): Promise<void>;
  /** It answers nobody for so long, as while a slow command runs. */
  block(seconds: number): Promise<void>;
  flushScripts(): Promise<void>;
  /** Of several servers. */
  readonly group?: {
    /** Kills the primary, and resolves once its replica has taken over. */
    failOver(): Promise<void>;
    /** The port that the primary listens on. */
    primaryPort(): Promise<number>;
    /** Until each primary has its replica. */
    untilWhole(): Promise<void>;
  };
}

export interface OwnRedis extends TormentedRedis {
  readonly port: number;
  isRunning(): boolean;
}

export interface OwnRedisOptions {
  /** Where its file goes, and stays; else it has a folder that goes with it. */
  readonly folder?: string;
  /** For the port that it gets; asked again where that was taken. */
  readonly settingsFor?: (port: number) => Promise<Settings>;
}

/** Settings and their values. */
export type Settings = Readonly<Record<string, readonly string[]>>;

const lastSecondMs = 1000;
const lookAtFileEveryMs = 50;
/** About. */
const bytesPerCommand = 100;
/** What the system makes of a shorter sleep. */
const shortestDelayUs = 60;

export async function startOwnRedis(options: OwnRedisOptions = {}): Promise<OwnRedis> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'kie-batch-redis-')));
  await mkdir(folder, { recursive: true });
  const file = createSizes(folder);
  let isCutOff = false;
  let own: Settings = {};

  async function programFor(at: number, loadMs = 0): Promise<RedisProgram> {
    const settings = {
      port: [`${at}`],
      dir: [folder],
      appendonly: ['yes'],
      appendfsync: ['everysec'],
      save: ['""'],
      'auto-aof-rewrite-percentage': ['0'],
      'enable-debug-command': ['yes'],
      'enable-protected-configs': ['yes'],
      'key-load-delay': [`${loadMs === 0 ? 0 : await file.delayUsFor(loadMs)}`],
      ...own,
    };
    const words = Object.entries(settings).flatMap(([name, values]) => [`--${name}`, ...values]);
    return { program: 'redis-server', words, folder };
  }

  const first = await startOnFreePort(async (at) => {
    own = (await options.settingsFor?.(at)) ?? {};
    return programFor(at);
  });
  const { port } = first;
  let server = first.child;
  const admin = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
  admin.on('error', () => undefined);

  async function start(loadMs = 0): Promise<void> {
    const started = await startOnPort(port, await programFor(port, loadMs));
    if (started === 'port-taken') throw new Error(`port ${port} was taken while Redis was down`);
    server = started;
    await admin.ping();
  }
  const isRunning = () => server.exitCode === null && server.signalCode === null;
  async function kill(): Promise<void> {
    if (!isRunning()) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    refusals,
    isRunning,
    start,
    kill,
    async losePower() {
      const endedAt = performance.now();
      await kill();
      return file.loseSince(endedAt - lastSecondMs);
    },
    async refuse(how) {
      isCutOff = how === 'READONLY';
      await refuse(how, admin, folder);
    },
    async acceptAgain() {
      await admin.config('SET', 'min-replicas-to-write', '0', 'maxmemory', '0');
      await admin.config('SET', 'dbfilename', 'dump.rdb', 'save', '', 'stop-writes-on-bgsave-error', 'no');
      if (isCutOff) await admin.call('REPLICAOF', 'NO', 'ONE');
      isCutOff = false;
    },
    async block(seconds) {
      await admin.call('DEBUG', 'SLEEP', `${seconds}`);
    },
    async flushScripts() {
      await admin.script('FLUSH');
    },
    async [Symbol.asyncDispose]() {
      file.stop();
      admin.disconnect();
      await kill();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function refuse(how: Refusal, admin: Redis, folder: string): Promise<void> {
  switch (how) {
    case 'NOREPLICAS':
      await admin.config('SET', 'min-replicas-to-write', '9');
      return;
    case 'OOM':
      await admin.config('SET', 'maxmemory', '1');
      return;
    case 'READONLY':
      // No primary is there: what it holds is still read.
      await admin.call('REPLICAOF', '127.0.0.1', '1');
      return;
    case 'MISCONF':
      return failToSave(admin, folder);
    default:
      return how satisfies never;
  }
}

/** A snapshot over a folder fails, and with save points on Redis then takes no writes. */
async function failToSave(admin: Redis, folder: string): Promise<void> {
  const taken = 'a-folder';
  await mkdir(join(folder, taken), { recursive: true });
  await admin.config('SET', 'dbfilename', taken, 'stop-writes-on-bgsave-error', 'yes', 'save', '3600 1');
  await admin.bgsave();
  await until(
    async () => /rdb_last_bgsave_status:err/.test(await admin.info('persistence')),
    'the snapshot has failed',
  );
}

/** Follows how the append-only file grows, so that its last second can be cut off. */
function createSizes(folder: string) {
  const parts = join(folder, 'appendonlydir');
  const sizes: { at: number; path: string; bytes: number }[] = [];
  const timer = setInterval(() => void note(), lookAtFileEveryMs);

  async function note(): Promise<void> {
    const now = await look();
    if (now !== null) sizes.push({ at: performance.now(), ...now });
    if (sizes.length > 200) sizes.shift();
  }
  /** The file that it writes to: a replica that was sent everything begins another one. */
  async function look(): Promise<{ path: string; bytes: number } | null> {
    const names = await readdir(parts).catch(() => []);
    const numbers = names.map((name) => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1] ?? 0));
    const latest = Math.max(0, ...numbers);
    if (latest === 0) return null;
    const path = join(parts, names[numbers.indexOf(latest)] ?? '');
    const found = await stat(path).catch(() => null);
    return found === null ? null : { path, bytes: found.size };
  }
  return {
    /** For each command in the file; below zero: for one command in so many. */
    async delayUsFor(loadMs: number): Promise<number> {
      const commands = Math.max(1, ((await look())?.bytes ?? 0) / bytesPerCommand);
      const delayUs = (loadMs * 1000) / commands;
      return Math.round(delayUs > shortestDelayUs ? delayUs - shortestDelayUs : -shortestDelayUs / delayUs);
    },
    async loseSince(since: number): Promise<number> {
      const now = await look();
      if (now === null) return 0;
      const kept = sizes.findLast(({ at, path }) => at <= since && path === now.path)?.bytes ?? now.bytes;
      await truncate(now.path, kept);
      sizes.length = 0;
      return now.bytes - kept;
    },
    stop: () => clearInterval(timer),
  };
}
