/**
 * Everything a run consists of: the simulated vendor, Redis, a proxy before each, workers and the server as processes,
 * a folder for the videos, and the batches. Torments are done to it; the judge looks at what is left.
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../bench/free-port.ts';
import type { SimulatorOptions } from '../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../src/simulator/simulator.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import type { ChaosOptions } from './options.ts';
import { type Environment, type Launch, runCommand, type Service, startService } from './processes.ts';
import { type Random, seededRandom } from './random.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';
import { faultRates } from './vendor-faults.ts';

export interface World extends AsyncDisposable {
  readonly options: ChaosOptions;
  readonly random: Random;
  readonly policy: 'resubmit' | 'hold';
  readonly hasCallbacks: boolean;
  readonly folder: string;
  readonly videos: string;
  readonly inbox: string;
  readonly simulator: Simulator;
  /** As the vendor is between torments. */
  readonly usual: Partial<SimulatorOptions>;
  readonly redis: RedisServer;
  readonly toRedis: FaultProxy;
  readonly toVendor: FaultProxy;
  readonly workers: readonly Service[];
  readonly server: Service;
  /** What commands are run with, through the proxies. */
  readonly environment: Environment;
  /** Who looks from outside, past the proxies. */
  readonly redisUrl: string;
  /** Links by batch. */
  readonly batches: ReadonlyMap<string, readonly string[]>;
  /** Runs a command until it ends well. */
  command(args: readonly string[], killAfterMs?: number): Promise<void>;
  /** Lines of what was done, with the seconds since the start. */
  readonly diary: string[];
  note(line: string): void;
  /**
   * A Redis that loses its last second and a worker that ends at the same time have together forgotten what that worker
   * paid: no program can know of it. Both are done, but never within the same few seconds.
   */
  readonly calm: { redisLostAt: number; workerEndedAt: number; workersEnding: number };
}

export const apiKey = 'key-of-the-chaos-0123456789abcdef';
export const prefix = '{chaos}';
export const creditsPerTask = 10;
export const budgetBatch = 'budget';
export const cancelledBatch = 'dropped';
export const scheduledBatch = 'inbox';
const inboxHost = 'host-1';

/** How many links each batch gets, as a share; `again` lists links of the first batch once more. */
const shares = { list: 0.4, again: 0.1, [scheduledBatch]: 0.2, [budgetBatch]: 0.2, [cancelledBatch]: 0.1 };

export function shareLink(n: number): string {
  return `https://sora.chatgpt.com/p/s_${n.toString(16).padStart(32, '0')}`;
}

function planBatches(links: number): Map<string, string[]> {
  const batches = new Map<string, string[]>();
  let from = 0;
  for (const [name, share] of Object.entries(shares)) {
    const count = Math.max(1, Math.round(links * share));
    if (name === 'again') {
      batches.set(
        name,
        Array.from({ length: count }, (_, n) => shareLink(n * 2)),
      );
      continue;
    }
    const start = from;
    batches.set(
      name,
      Array.from({ length: count }, (_, n) => shareLink(start + n)),
    );
    from += count;
  }
  return batches;
}

/** Enough for half of the batch. */
export function budgetOf(world: Pick<World, 'batches'>): number {
  return Math.ceil((world.batches.get(budgetBatch)?.length ?? 0) / 2) * creditsPerTask;
}

export async function openWorld(options: ChaosOptions): Promise<World> {
  const random = seededRandom(options.seed);
  const draw = random.stream('settings');
  const policy =
    options.policy === 'either' ? draw.pick<'resubmit' | 'hold'>(['resubmit', 'hold']) : options.policy;
  const hasCallbacks = options.callbacks === 'either' ? draw.chance(0.5) : options.callbacks === 'on';
  const isSigned = hasCallbacks && draw.chance(0.5);
  const webhookKey = 'webhook-key-of-the-chaos';
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-chaos-'));
  const perTwoSeconds = Math.max(4, Math.ceil((options.links / (options.minutes * 60 * 0.6)) * 2));
  const usual: Partial<SimulatorOptions> = {
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
    ...(isSigned ? { webhookKey } : {}),
  };
  const simulator = await startSimulator(usual);
  const redis = await startRedisServer(join(folder, 'redis'), await freePort());
  const toRedis = await startFaultProxy(() => redis.port);
  const toVendor = await startFaultProxy(() => simulator.port);
  const videos = join(folder, 'videos');
  const inbox = join(folder, 'inbox');
  await mkdir(inbox);
  const httpPort = await freePort();
  const vendorUrl = `http://127.0.0.1:${toVendor.port}`;
  const environment: Environment = {
    KIE_API_KEY: apiKey,
    KIE_BASE_URL: vendorUrl,
    KIE_UPLOAD_URL: vendorUrl,
    REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
    QUEUE_PREFIX: prefix,
    DATA_DIR: join(folder, 'data'),
    STORAGE_URL: `file:${videos}`,
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
  const on = (args: readonly string[], host: string | null): Launch => ({ args, environment, folder, host });
  const startedAt = performance.now();
  const diary: string[] = [];
  const batches = planBatches(options.links);
  const workers = Array.from({ length: options.workers }, (_, n) =>
    startService(`worker-${n + 1}`, on(['worker'], `host-${(n % 2) + 1}`)),
  );
  const server = startService('server', on(['serve'], 'host-3'));
  const services = [...workers, server];
  const note = (line: string) => {
    const entry = `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`;
    diary.push(entry);
    if (!options.quiet) console.error(entry);
  };
  note(
    `seed ${options.seed}: ${options.links} links, policy ${policy}, callbacks ${hasCallbacks ? (isSigned ? 'signed' : 'on') : 'off'}, limit ${perTwoSeconds}/2s, in ${folder}`,
  );
  return {
    options,
    random,
    policy,
    hasCallbacks,
    folder,
    videos,
    inbox,
    simulator,
    usual,
    redis,
    toRedis,
    toVendor,
    workers,
    server,
    environment,
    redisUrl: `redis://127.0.0.1:${redis.port}`,
    batches,
    diary,
    note,
    calm: {
      redisLostAt: Number.NEGATIVE_INFINITY,
      workerEndedAt: Number.NEGATIVE_INFINITY,
      workersEnding: 0,
    },
    async command(args, killAfterMs) {
      let killMs = killAfterMs;
      for (;;) {
        const { code, output } = await runCommand(on(args, inboxHost), killMs);
        if (code === 0) return;
        if (code !== null) note(`  ${args.join(' ')} ended with ${code}: ${lastLine(output)}`);
        killMs = undefined;
        await sleep(1000);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const service of services) service.signal('SIGCONT');
      await Promise.all(services.map((service) => service.stop()));
      await toRedis[Symbol.asyncDispose]();
      await toVendor[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
      await simulator.close();
      if (!options.keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
}

/**
 * What was given in the second that Redis has lost is given again, as a person does who runs a command once more; a
 * link that is known changes nothing.
 */
export async function giveAgain({ folder, batches, command }: World): Promise<void> {
  for (const [name, links] of batches) {
    const file = join(folder, `${name}-again.txt`);
    await writeFile(file, links.join('\n'));
    const flags = name === budgetBatch ? ['--max-credits', `${budgetOf({ batches })}`] : [];
    await command(['enqueue', file, '--batch', name, '--yes', ...flags]);
  }
}

/** Puts the links in, piece by piece while the trouble lasts; commands that fail are run again. */
export async function produce(world: World): Promise<void> {
  const { options, folder, inbox, batches, command } = world;
  const draw = world.random.stream('producer');
  const spreadMs = options.minutes * 60_000 * 0.6;
  const inPieces = async (name: string, give: (piece: readonly string[], n: number) => Promise<void>) => {
    const links = batches.get(name) ?? [];
    const pieces = 4;
    const size = Math.ceil(links.length / pieces);
    for (let n = 0; n * size < links.length; n += 1) {
      await give(links.slice(n * size, (n + 1) * size), n);
      await sleep((spreadMs / pieces) * draw.between(0.2, 1));
    }
  };
  const enqueue = (name: string, ...flags: string[]) =>
    inPieces(name, async (piece, n) => {
      const file = join(folder, `${name}-${n}.txt`);
      await writeFile(file, piece.join('\n'));
      await command(
        ['enqueue', file, '--batch', name, '--yes', ...flags],
        draw.chance(0.2) ? draw.between(200, 1500) : undefined,
      );
    });
  const schedule = async () => {
    await command([
      ...['schedule', 'add', scheduledBatch, '--cron', '*/3 * * * * *'],
      ...['--source', `folder:${inbox}`, '--batch-template', scheduledBatch],
    ]);
    await inPieces(scheduledBatch, async (piece, n) => {
      const draft = join(folder, `inbox-${n}.txt`);
      await writeFile(draft, `${piece.join('\n')}\n`);
      await rename(draft, join(inbox, `part-${n}.txt`));
    });
  };
  const drop = async () => {
    await enqueue(cancelledBatch);
    await command(['cancel', cancelledBatch, '--yes']);
  };
  await Promise.all([
    enqueue('list'),
    enqueue('again'),
    enqueue(budgetBatch, '--max-credits', `${budgetOf(world)}`),
    schedule(),
    drop(),
  ]);
}
