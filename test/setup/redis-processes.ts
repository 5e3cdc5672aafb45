/**
 * Redis in the forms of REDIS_URL that need several processes: Sentinel with a replica, and a Cluster. Everything that can
 * be done to one server can be done to them: it is done to the primary.
 */
import { type ChildProcess, execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { freePort } from '../../bench/free-port.ts';
import { type OwnRedis, refusals, type Settings, startOwnRedis, type TormentedRedis } from './own-redis.ts';
import { startOnFreePort } from './start-redis-program.ts';
import { until } from './until.ts';

const run = promisify(execFile);

export const hasRedisPrograms = ['redis-server', 'redis-sentinel', 'redis-cli'].every(
  (program) => spawnSync(program, ['--version']).status === 0,
);

export interface RedisGroup extends TormentedRedis {
  readonly group: NonNullable<TormentedRedis['group']>;
}

export interface GroupOptions {
  /** One of the keys that it is used with: what holds it is the primary that is meant. */
  readonly key: string;
  /** @returns the port under which others reach a server that listens on this one */
  readonly front?: (port: number) => Promise<number>;
}

const master = 'main';
/** From slot, to slot, and address, port and more of its primary. */
const slotRanges = z.array(
  z.tuple([z.number(), z.number(), z.tuple([z.string(), z.number()]).rest(z.unknown())]).rest(z.unknown()),
);
const localhost = '127.0.0.1';

interface Server {
  readonly own: OwnRedis;
  /** The port that others know it by. */
  readonly known: number;
}

/** A primary, a replica, and three sentinels that agree after a second without an answer. */
export async function startSentinelRedis({ front = itself }: GroupOptions): Promise<RedisGroup> {
  await using programs = await openPrograms();
  const first = await programs.server(front, async () => ({}));
  const second = await programs.server(front, async () => ({
    replicaof: [localhost, `${first.known}`],
  }));
  await until(
    () => says(second.own.port, 'INFO', 'replication', /master_link_status:up/),
    'a replica follows',
  );
  const sentinel = () => programs.sentinel(first.known);
  const sentinels = [await sentinel(), await sentinel(), await sentinel()] as const;
  for (const port of sentinels) {
    const knowsAll = () => says(port, 'SENTINEL', `MASTER ${master}`, /num-slaves,1.*num-other-sentinels,2/s);
    await until(knowsAll, 'the sentinels know each other');
  }
  const running = programs.move();
  return createGroup(running, {
    url: `redis-sentinel://${sentinels.map((port) => `${localhost}:${port}`).join(',')}/${master}`,
    servers: [first, second],
    primary: () =>
      ask(sentinels[0], async (redis) =>
        Number(z.array(z.string()).parse(await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master))[1]),
      ),
  });
}

/** Three primaries with a replica each. */
export async function startClusterRedis({ key, front = itself }: GroupOptions): Promise<RedisGroup> {
  await using programs = await openPrograms();
  const servers: Server[] = [];
  for (let n = 0; n < 6; n += 1) {
    const settings = async (known: number) => ({
      'cluster-enabled': ['yes'],
      'cluster-node-timeout': ['2000'],
      // Free too: where one of the two is taken, both are chosen again.
      'cluster-port': [`${await freePort()}`],
      'cluster-announce-port': [`${known}`],
      // A replica that was started again does not know for how long it has heard nothing.
      'cluster-replica-validity-factor': ['0'],
    });
    servers.push(await programs.server(front, settings));
  }
  const nodes = servers.map(({ own }) => `${localhost}:${own.port}`);
  await run('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-replicas', '1', '--cluster-yes']);
  const running = programs.move();
  const group = createGroup(running, {
    url: `redis-cluster://${servers.map(({ known }) => `${localhost}:${known}`).join(',')}`,
    servers,
    primary: () => holderOf(servers.find(({ own }) => own.isRunning())?.own.port ?? 0, key),
  });
  await group.start();
  return group;
}

interface GroupParts {
  readonly url: string;
  readonly servers: readonly Server[];
  /** @returns the known port of the primary */
  primary(): Promise<number>;
}

function createGroup(running: AsyncDisposable, { url, servers, primary }: GroupParts): RedisGroup {
  async function serverOf(known: number): Promise<OwnRedis> {
    const server = servers.find((each) => each.known === known);
    if (server === undefined) throw new Error(`no server is known as ${known}`);
    return server.own;
  }
  const primaryServer = async () => serverOf(await primary());

  /** The replicas of a primary, by what it says. */
  async function replicasOf(server: OwnRedis): Promise<OwnRedis[]> {
    const said = await ask(server.port, (redis) => redis.info('replication'));
    return Promise.all([...said.matchAll(/,port=(\d+),/g)].map(([, port]) => serverOf(Number(port))));
  }
  async function untilTakenOver(from: number): Promise<void> {
    await until(async () => (await primary()) !== from, 'a replica has taken over');
  }
  async function untilWhole(): Promise<void> {
    const primaries = servers.length / 2;
    const replicasUp = async () => {
      const up = await Promise.all(
        servers.map(({ own }) => says(own.port, 'INFO', 'replication', /role:slave.*master_link_status:up/s)),
      );
      return up.filter(Boolean).length;
    };
    await until(async () => (await replicasUp()) === primaries, 'each primary has its replica');
  }

  return {
    url,
    // A replica of nothing is made a primary again by those that watch over it.
    refusals: refusals.filter((each) => each !== 'READONLY'),
    kill: async () => (await primaryServer()).kill(),
    group: {
      async failOver() {
        const known = await primary();
        await (await serverOf(known)).kill();
        await untilTakenOver(known);
      },
      primaryPort: async () => (await primaryServer()).port,
      untilWhole,
    },
    /** As when the replica is a second behind the primary that is lost. */
    async losePower() {
      const known = await primary();
      const server = await serverOf(known);
      const [replica] = await replicasOf(server);
      if (replica === undefined) throw new Error('the primary has no replica');
      await server.kill();
      const lost = await replica.losePower();
      await replica.start();
      await untilTakenOver(known);
      return lost;
    },
    async start(loadMs) {
      await Promise.all(servers.map(({ own }) => (own.isRunning() ? undefined : own.start(loadMs))));
      await untilWhole();
    },
    refuse: async (how) => (await primaryServer()).refuse(how),
    acceptAgain: async () => void (await Promise.all(servers.map(({ own }) => own.acceptAgain()))),
    block: async (seconds) => (await primaryServer()).block(seconds),
    flushScripts: async () => void (await Promise.all(servers.map(({ own }) => own.flushScripts()))),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

const itself = async (port: number) => port;

/** @returns the known port of the primary that holds the key's slot */
async function holderOf(port: number, key: string): Promise<number> {
  return ask(port, async (redis) => {
    const slot = await redis.cluster('KEYSLOT', key);
    const ranges = slotRanges.parse(await redis.cluster('SLOTS'));
    return ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1] ?? 0;
  });
}

async function says(port: number, command: string, words: string, pattern: RegExp): Promise<boolean> {
  const reply = await ask(port, (redis) => redis.call(command, ...words.split(' ')));
  return pattern.test(String(reply));
}

async function ask<Result>(port: number, question: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(port, localhost, { retryStrategy: () => 50, maxRetriesPerRequest: 200 });
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
  return {
    async server(
      front: (port: number) => Promise<number>,
      settingsOf: (known: number) => Promise<Settings>,
    ): Promise<Server> {
      let known = 0;
      const own = await startOwnRedis({
        folder: await mkdtemp(join(folder, 'server-')),
        async settingsFor(port) {
          known = await front(port);
          return { 'replica-announce-port': [`${known}`], ...(await settingsOf(known)) };
        },
      });
      return { own: stack.use(own), known };
    },
    /** @returns its port */
    async sentinel(primary: number): Promise<number> {
      const { port, child } = await startOnFreePort(async (port) => {
        const file = join(folder, `sentinel-${port}.conf`);
        const lines = [
          `port ${port}`,
          `sentinel monitor ${master} ${localhost} ${primary} 2`,
          `sentinel down-after-milliseconds ${master} 1000`,
          // One that finds no replica is tried again after twice as long.
          `sentinel failover-timeout ${master} 5000`,
        ];
        await writeFile(file, lines.join('\n'));
        return { program: 'redis-sentinel', words: [file], folder };
      });
      stack.defer(() => kill(child));
      return port;
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
