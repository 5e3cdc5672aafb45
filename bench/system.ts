/**
 * The whole of kie-batch in one process for a benchmark: the simulated vendor over real HTTP, a worker, a local Redis of
 * its own and a folder for the videos. Leaves nothing behind.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenWorker } from '../src/app/open-worker.ts';
import { openSession, type Session } from '../src/app/session.ts';
import { openTerminal } from '../src/cli/terminal.ts';
import { parseConfiguration } from '../src/shared/configuration/configuration.ts';
import { stages } from '../src/shared/jobs/catalogue.ts';
import { type Batch, unfinished } from '../src/shared/ledger/batch.ts';
import type { SimulatorOptions } from '../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../src/simulator/simulator.ts';
import type { SimulatorHooks } from '../src/simulator/vendor.ts';
import { openOwnRedis } from './million/own-redis.ts';

export interface BenchSystem extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly session: Session;
  readonly prefix: string;
  /** Where the videos go. */
  readonly videos: string;
  /** What another process of the same project is started with. */
  readonly environment: Readonly<Record<string, string>>;
  startWorker(): Promise<OpenWorker>;
  give(count: number): Promise<void>;
  ended(): Promise<Batch>;
}

export interface BenchSystemOptions {
  readonly simulator: Partial<SimulatorOptions>;
  readonly hooks?: SimulatorHooks;
  readonly environment: Readonly<Record<string, string>>;
}

const batch = 'bench';
const model = 'sora-watermark-remover';
const apiKey = 'key-of-the-benchmarks';
const prefix = '{bench}';

export function shareLink(n: number): string {
  return `https://sora.chatgpt.com/p/s_${n.toString(16).padStart(32, '0')}`;
}

export async function startBenchSystem(options: BenchSystemOptions): Promise<BenchSystem> {
  const simulator = await startSimulator({ apiKey, ...options.simulator }, options.hooks);
  const redis = await openOwnRedis();
  const { folder } = redis;
  const videos = join(folder, 'videos');
  const environment = {
    KIE_API_KEY: apiKey,
    KIE_BASE_URL: simulator.url,
    KIE_UPLOAD_URL: simulator.url,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: prefix,
    DATA_DIR: join(folder, 'logs'),
    STORAGE_URL: `file:${videos}`,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    MIN_FREE_BYTES: '1MiB',
    LOG_LEVEL: 'error',
    ...options.environment,
  };
  const session = await openSession({
    loaded: parseConfiguration(environment),
    output: openTerminal(process),
    modelFiles: [],
    logTo: 'file',
  });
  const workers: OpenWorker[] = [];
  return {
    simulator,
    session,
    prefix,
    videos,
    environment,
    async startWorker() {
      const worker = await session.startWorker(stages);
      workers.push(worker);
      return worker;
    },
    give: (count) => give(session, count, `${videos}/`),
    ended: () => untilEnded(session),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop(1000)));
      await session.close();
      await simulator.close();
      await redis[Symbol.asyncDispose]();
    },
  };
}

async function give({ ledger }: Session, count: number, root: string): Promise<void> {
  await ledger.openBatch(batch, { model, root });
  for (let from = 0; from < count; from += 1000) {
    const urls = Array.from({ length: Math.min(1000, count - from) }, (_, n) => shareLink(from + n));
    await ledger.enqueue(
      batch,
      urls.map((url) => ({ id: url.slice(url.lastIndexOf('/') + 1), url })),
    );
  }
}

async function untilEnded({ ledger }: Session): Promise<Batch> {
  for (;;) {
    const now = await ledger.batch(batch);
    if (now !== null && unfinished(now.counts) === 0) return now;
    await sleep(50);
  }
}
