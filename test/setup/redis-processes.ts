/** Redis in the forms of REDIS_URL that need several processes: Sentinel with a replica, and a Cluster. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { until } from './until.ts';

const run = promisify(execFile);

export const hasRedisPrograms = ['redis-server', 'redis-sentinel', 'redis-cli'].every(
  (program) => spawnSync(program, ['--version']).status === 0,
);

export interface SentinelRedis extends AsyncDisposable {
  readonly url: string;
  /** Kills the primary, and resolves once the sentinels name the other one. */
  failOver(): Promise<void>;
}

export interface ClusterRedis extends AsyncDisposable {
  readonly url: string;
  /** Kills the primary that holds a key, and resolves once its replica has taken over. */
  failOver(key: string): Promise<void>;
}

const master = 'main';
/** From slot, to slot, and address, port and more of its primary. */
const slotRanges = z.array(
  z.tuple([z.number(), z.number(), z.tuple([z.string(), z.number()]).rest(z.unknown())]).rest(z.unknown()),
);

/** A primary, a replica, and three sentinels that agree after a second without an answer. */
export async function startSentinelRedis(): Promise<SentinelRedis> {
  await using programs = await openPrograms();
  const [primary = 0, replica = 0, ...sentinels] = await freePorts(5);
  const primaryServer = programs.server(primary);
  programs.server(replica, '--replicaof', '127.0.0.1', `${primary}`);
  await until(() => says(replica, 'INFO', 'replication', /master_link_status:up/), 'the replica follows');
  for (const port of sentinels) await programs.sentinel(port, primary);
  const [first = 0] = sentinels;
  for (const port of sentinels) {
    const knowsAll = () => says(port, 'SENTINEL', `MASTER ${master}`, /num-slaves,1.*num-other-sentinels,2/s);
    await until(knowsAll, 'the sentinels know each other');
  }
  const running = programs.move();
  return {
    url: `redis-sentinel://${sentinels.map((port) => `127.0.0.1:${port}`).join(',')}/${master}`,
    async failOver() {
      primaryServer.kill('SIGKILL');
      const promoted = () =>
        says(first, 'SENTINEL', `GET-MASTER-ADDR-BY-NAME ${master}`, new RegExp(`${replica}`));
      await until(promoted, 'the sentinels name the replica');
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Three primaries with a replica each. */
export async function startClusterRedis(): Promise<ClusterRedis> {
  await using programs = await openPrograms();
  const ports = await freePorts(6);
  const servers = new Map<number, ChildProcess>();
  for (const port of ports) {
    // The bus port is by default 10,000 higher, which may be no port at all.
    const [bus = 0] = await freePorts(1);
    const words = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--cluster-port', `${bus}`];
    servers.set(port, programs.server(port, ...words, '--cluster-config-file', `nodes-${port}.conf`));
  }
  for (const port of ports) await says(port, 'PING', '', /PONG/);
  const nodes = ports.map((port) => `127.0.0.1:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-replicas', '1', '--cluster-yes']);
  for (const port of ports)
    await until(() => says(port, 'CLUSTER', 'INFO', /cluster_state:ok/), 'the cluster is whole');
  const [first = 0] = ports;
  await until(async () => (await connectedReplicas(ports)) === 3, 'each primary has a replica');
  const running = programs.move();
  return {
    url: `redis-cluster://${nodes.join(',')}`,
    async failOver(key) {
      const holder = await holderOf(first, key);
      servers.get(holder)?.kill('SIGKILL');
      const left = ports.find((port) => port !== holder) ?? 0;
      await until(async () => (await holderOf(left, key)) !== holder, 'a replica has taken over');
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function connectedReplicas(ports: readonly number[]): Promise<number> {
  const up = await Promise.all(
    ports.map((port) => says(port, 'INFO', 'replication', /master_link_status:up/)),
  );
  return up.filter(Boolean).length;
}

/** @returns the port of the primary that holds the key's slot */
async function holderOf(port: number, key: string): Promise<number> {
  return ask(port, async (redis) => {
    const slot = await redis.cluster('KEYSLOT', key);
    const ranges = slotRanges.parse(await redis.cluster('SLOTS'));
    return ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1] ?? 0;
  });
}

async function says(port: number, command: string, words: string, pattern: RegExp): Promise<boolean> {
  const reply = await ask(port, (redis) =>
    redis.call(command, ...words.split(' ').filter((word) => word !== '')),
  );
  return pattern.test(String(reply));
}

async function ask<Result>(port: number, question: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: 200 });
  redis.on('error', () => undefined);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

/** Starts programs in a folder of their own; whoever holds the stack ends them all. */
async function openPrograms() {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-redis-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const start = (program: string, words: readonly string[]) => {
    const child = spawn(program, words, { cwd: folder, stdio: 'ignore' });
    stack.defer(() => kill(child));
    return child;
  };
  return {
    server: (port: number, ...words: string[]) =>
      start('redis-server', [
        '--port',
        `${port}`,
        '--save',
        '',
        '--appendonly',
        'yes',
        '--appenddirname',
        `aof-${port}`,
        ...words,
      ]),
    async sentinel(port: number, primary: number) {
      const file = join(folder, `sentinel-${port}.conf`);
      const lines = [
        `port ${port}`,
        `sentinel monitor ${master} 127.0.0.1 ${primary} 2`,
        `sentinel down-after-milliseconds ${master} 1000`,
        `sentinel failover-timeout ${master} 10000`,
      ];
      await writeFile(file, lines.join('\n'));
      start('redis-sentinel', [file]);
    },
    move: () => stack.move(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
