/**
 * All parts of a run: the simulated vendor, Redis, a proxy in front of each, workers, the server and one `run` as
 * processes, a disk for the videos, and the batches. Torments change it; the judge checks the result.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../bench/free-port.ts';
import type { SimulatorOptions } from '../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../src/simulator/simulator.ts';
import { type FakeClock, hasFakeClock, openFakeClock } from '../test/setup/fake-clock.ts';
import { startOwnRedis, type TormentedRedis } from '../test/setup/own-redis.ts';
import { hasRedisPrograms, startClusterRedis, startSentinelRedis } from '../test/setup/redis-processes.ts';
import { type BatchPlan, creditsPerTask, planBatches, runBatch } from './batches.ts';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';
import { secondsSince } from './item-report.ts';
import type { ChaosOptions } from './options.ts';
import { type Environment, type Launch, runCommand, type Service, startService } from './processes.ts';
import { type Random, seededRandom } from './random.ts';
import { type BucketStore, type FolderStore, openBucketStore, openFolderStore } from './result-store.ts';
import { faultRates } from './vendor-faults.ts';

export interface World extends AsyncDisposable {
  readonly options: ChaosOptions;
  /** The run that results from the seed and the options. */
  readonly settings: string;
  readonly random: Random;
  readonly policy: 'resubmit' | 'hold';
  readonly hasCallbacks: boolean;
  readonly folder: string;
  readonly store: FolderStore | BucketStore;
  readonly inbox: string;
  readonly simulator: Simulator;
  /** As the vendor is between torments. */
  readonly usual: Partial<SimulatorOptions>;
  readonly redis: TormentedRedis;
  readonly proxies: Readonly<Record<'redis' | 'vendor' | 'storage', FaultProxy>>;
  readonly workers: readonly Service[];
  readonly server: Service;
  /** A `run` of a separate batch, started again until it has ended by itself. */
  readonly runner: Service;
  /** All of these. */
  readonly services: readonly Service[];
  /** Of the machines of the workers, by the worker's name; null where clocks cannot be set. */
  readonly clocks: ReadonlyMap<string, FakeClock> | null;
  /** What commands are run with, through the proxies. */
  readonly environment: Environment;
  readonly batches: BatchPlan;
  /** Runs a command until it ends well. */
  command(args: readonly string[], killAfterMs?: number): Promise<void>;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** What was done. */
  readonly timeline: readonly { readonly at: number; readonly what: string }[];
  note(line: string): void;
  /** How often Redis has lost its last second: links given within it have to be given again. */
  readonly losses: { redis: number };
}

export const apiKey = 'key-of-the-chaos-0123456789abcdef';
export const webhookKey = 'webhook-key-of-the-chaos';
export const prefix = '{chaos}';
const producerHost = 'host-1';

function vendorOf(options: ChaosOptions, perTwoSeconds: number): Partial<SimulatorOptions> {
  return {
    apiKey,
    seed: options.seed,
    creditsPerTask,
    limit: { max: perTwoSeconds, windowMs: 2000 },
    taskTime: '300ms-5s',
    answerDelay: '50ms-900ms',
    credits: 1_000_000,
    faults: faultRates(options.faults),
    recoverAfterMs: '5s',
    emptyResultMs: '2s',
    slowAnswerMs: '3s',
    callbackDelay: '0s-3s',
    callbackTries: 100,
    callbackRetryMs: '1s',
    condition: 'open',
    pausedModels: [],
    mintedLinks: 'work',
  };
}

async function openClocks(folder: string, names: readonly string[]): Promise<Map<string, FakeClock> | null> {
  if (!hasFakeClock) return null;
  const clocks = new Map<string, FakeClock>();
  for (const name of names) clocks.set(name, await openFakeClock(join(folder, `${name}.time`)));
  return clocks;
}

type RedisForm = Exclude<ChaosOptions['redis'], 'either'>;

function chooseForm({ redis }: ChaosOptions, draw: Random): RedisForm {
  if (redis !== 'either') return redis;
  return hasRedisPrograms ? draw.pick<RedisForm>(['single', 'sentinel', 'cluster']) : 'single';
}

/** All traffic of the processes goes through the proxy. */
async function startRedis(form: RedisForm, folder: string, { front }: FaultProxy): Promise<TormentedRedis> {
  if (form === 'sentinel') return startSentinelRedis({ key: prefix, front });
  if (form === 'cluster') return startClusterRedis({ key: prefix, front });
  const redis = await startOwnRedis({ folder });
  return { ...redis, url: `redis://127.0.0.1:${await front(redis.port)}` };
}

export async function openWorld(options: ChaosOptions): Promise<World> {
  const random = seededRandom(options.seed);
  const draw = random.stream('settings');
  const policy =
    options.policy === 'either' ? draw.pick<'resubmit' | 'hold'>(['resubmit', 'hold']) : options.policy;
  const hasCallbacks = options.callbacks === 'either' ? draw.chance(0.5) : options.callbacks === 'on';
  const isSigned = hasCallbacks && draw.chance(0.5);
  const redisForm = chooseForm(options, random.stream('redis'));
  const storage =
    options.storage === 'either' ? random.stream('storage').pick(['folder', 'bucket']) : options.storage;
  const perTwoSeconds = Math.max(4, Math.ceil((options.links / (options.minutes * 60 * 0.6)) * 2));
  const usual = { ...vendorOf(options, perTwoSeconds), ...(isSigned ? { webhookKey } : {}) };
  const batches = planBatches(options.links);

  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-chaos-'));
  stack.defer(async () => {
    if (!options.keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const names = Array.from({ length: options.workers }, (_, n) => `worker-${n + 1}`);
  const clocks = await openClocks(folder, names);
  const clockOf = (name: string) => clocks?.get(name)?.environment ?? {};
  const simulator = stack.use(await startSimulator(usual));
  const proxies = {
    redis: stack.use(openFaultProxy()),
    vendor: stack.use(openFaultProxy()),
    storage: stack.use(openFaultProxy()),
  };
  const redis = stack.use(await startRedis(redisForm, join(folder, 'redis'), proxies.redis));
  const sizeMib = 64 + Math.ceil(options.links / 8);
  const store = stack.use(
    storage === 'folder'
      ? await openFolderStore(join(folder, 'disk'), sizeMib, options.keep)
      : await openBucketStore(proxies.storage),
  );
  const inbox = join(folder, 'inbox');
  await mkdir(inbox);
  const runList = join(folder, `${runBatch}.txt`);
  await writeFile(runList, (batches.get(runBatch) ?? []).join('\n'));
  const httpPort = await freePort();
  const vendorUrl = `http://127.0.0.1:${await proxies.vendor.front(simulator.port)}`;
  const environment: Environment = {
    KIE_API_KEY: apiKey,
    KIE_BASE_URL: vendorUrl,
    KIE_UPLOAD_URL: vendorUrl,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: prefix,
    DATA_DIR: join(folder, 'data'),
    ...store.environment,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    SUBMIT_LIMIT: `${perTwoSeconds}/2s`,
    MIN_FREE_BYTES: '1MiB',
    ON_AMBIGUOUS_SUBMIT: policy,
    HTTP_PORT: `${httpPort}`,
    LOG_LEVEL: 'debug',
    LOG_FORMAT: 'json',
    ...(hasCallbacks ? { CALLBACK_BASE_URL: `http://127.0.0.1:${httpPort}` } : {}),
    ...(isSigned ? { KIE_WEBHOOK_KEY: webhookKey } : {}),
  };
  const on = (args: readonly string[], host: string, changes: Environment = {}): Launch => ({
    ...{ args, folder, host, environment: { ...environment, ...changes } },
  });
  const workers = names.map((name, n) =>
    startService(name, on(['worker'], `host-${(n % 2) + 1}`, clockOf(name))),
  );
  const server = startService('server', on(['serve'], 'host-3'));
  // 0: everything is saved; 1: some have failed.
  const runner = startService(
    'run',
    on(['run', runList, '--batch', runBatch, '--yes'], producerHost),
    [0, 1],
  );
  const services = [...workers, server, runner];
  const commands = new Set<ChildProcess>();
  stack.defer(async () => {
    for (const command of commands) command.kill('SIGKILL');
    for (const service of services) service.signal('SIGCONT');
    await Promise.all(services.map((service) => service.stop()));
  });

  const startedAt = Date.now();
  const timeline: { at: number; what: string }[] = [];
  const note = (what: string) => {
    const at = Date.now();
    timeline.push({ at, what });
    if (!options.quiet) console.error(`${secondsSince(startedAt, at)}  ${what}`);
  };
  const signed = isSigned ? 'signed' : 'on';
  const settings = `seed ${options.seed}: ${options.links} links, policy ${policy}, callbacks ${hasCallbacks ? signed : 'off'}, Redis ${redisForm}, storage ${storage}, limit ${perTwoSeconds}/2s`;
  note(`${settings}, in ${folder}`);
  const opened = stack.move();
  return {
    ...{
      options,
      settings,
      random,
      policy,
      hasCallbacks,
      folder,
      store,
      inbox,
      simulator,
      usual,
      redis,
      proxies,
    },
    ...{ workers, server, runner, services, clocks, environment, batches, startedAt, timeline, note },
    losses: { redis: 0 },
    async command(args, killAfterMs) {
      let killMs = killAfterMs;
      for (;;) {
        const { code, output } = await runCommand(on(args, producerHost), commands, killMs);
        if (code === 0) return;
        if (code !== null) note(`  ${args.join(' ')} ended with ${code}: ${lastLine(output)}`);
        killMs = undefined;
        await sleep(1000);
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
}
