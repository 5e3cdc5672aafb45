/**
 * The Redis of a run: append-only as users have it, killed and started again, with everything it had acknowledged or
 * without its last second, and made to refuse writes in every way a real one does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** By the word its error begins with. */
export const refusals = ['NOREPLICAS', 'OOM', 'MISCONF', 'READONLY'] as const;
export type Refusal = (typeof refusals)[number];

export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** As by SIGKILL: nothing that it had answered is lost. */
  kill(): Promise<void>;
  /** As by a loss of power: what it wrote within its last second is lost. @returns how many bytes */
  losePower(): Promise<number>;
  start(): Promise<void>;
  refuse(how: Refusal): Promise<void>;
  acceptAgain(): Promise<void>;
  /** It answers nobody for so long, as while a slow command runs. */
  block(seconds: number): Promise<void>;
  flushScripts(): Promise<void>;
}

const lastSecondMs = 1000;
const lookAtFileEveryMs = 50;

export async function startRedisServer(folder: string, port: number): Promise<RedisServer> {
  await mkdir(folder, { recursive: true });
  let server: ChildProcess | null = null;
  const admin = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
  admin.on('error', () => undefined);
  const file = createSizes(folder);

  async function start(): Promise<void> {
    const settings = {
      port,
      dir: folder,
      appendonly: 'yes',
      appendfsync: 'everysec',
      save: '""',
      'auto-aof-rewrite-percentage': 0,
      'enable-debug-command': 'yes',
      'enable-protected-configs': 'yes',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    server = spawn('redis-server', args, { stdio: 'ignore' });
    await admin.ping();
  }
  async function kill(): Promise<void> {
    if (server === null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
    server = null;
  }

  await start();
  return {
    port,
    start,
    kill,
    async losePower() {
      await kill();
      return file.loseLast(lastSecondMs);
    },
    refuse: (how) => refuse(how, admin, folder),
    async acceptAgain() {
      await admin.config('SET', 'min-replicas-to-write', '0', 'maxmemory', '0');
      await admin.config('SET', 'dir', folder, 'save', '', 'stop-writes-on-bgsave-error', 'no');
      await admin.call('REPLICAOF', 'NO', 'ONE');
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
    },
  };
}

async function refuse(how: Refusal, admin: Redis, folder: string): Promise<void> {
  switch (how) {
    case 'NOREPLICAS':
      await admin.config('SET', 'min-replicas-to-write', '1');
      return;
    case 'OOM':
      await admin.config('SET', 'maxmemory', '1');
      return;
    case 'READONLY':
      // No primary is there: what it holds is still read.
      await admin.call('REPLICAOF', '127.0.0.1', '1');
      return;
    case 'MISCONF': {
      // A snapshot over a folder fails, and with save points on Redis then takes no writes.
      const blocked = join(folder, 'blocked');
      await mkdir(join(blocked, 'dump.rdb'), { recursive: true });
      await admin.config('SET', 'dir', blocked, 'stop-writes-on-bgsave-error', 'yes', 'save', '3600 1');
      await admin.bgsave();
      return;
    }
    default:
      return how satisfies never;
  }
}

/** Follows how the append-only file grows, so that its last second can be cut off. */
function createSizes(folder: string) {
  const sizes: { at: number; bytes: number }[] = [];
  const timer = setInterval(() => void note(), lookAtFileEveryMs);

  async function note(): Promise<void> {
    const path = await pathOf();
    if (path === null) return;
    const { size } = await stat(path);
    sizes.push({ at: performance.now(), bytes: size });
    if (sizes.length > 200) sizes.shift();
  }
  async function pathOf(): Promise<string | null> {
    const parts = join(folder, 'appendonlydir');
    const names = await readdir(parts).catch(() => []);
    const name = names.find((each) => each.endsWith('.incr.aof'));
    return name === undefined ? null : join(parts, name);
  }
  return {
    async loseLast(ms: number): Promise<number> {
      const path = await pathOf();
      if (path === null) return 0;
      const { size } = await stat(path);
      const since = performance.now() - ms;
      const kept = sizes.findLast(({ at }) => at <= since)?.bytes ?? size;
      await truncate(path, kept);
      sizes.length = 0;
      return size - kept;
    },
    stop: () => clearInterval(timer),
  };
}
