/**
 * The whole of kie-batch in one process for a test: the simulated vendor over real HTTP, a real Redis under a
 * prefix of the test's own, a folder for the videos, and the wiring the commands use. Dispose it at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { OpenWorker } from '../../src/app/open-worker.ts';
import { openSession, type Session } from '../../src/app/session.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { parseConfiguration } from '../../src/shared/configuration/configuration.ts';
import { type Stage, stages } from '../../src/shared/jobs/catalogue.ts';
import type { Batch } from '../../src/shared/ledger/batch.ts';
import { unfinished } from '../../src/shared/ledger/batch.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { SimulatorHooks } from '../../src/simulator/vendor.ts';
import { redisPrefix } from './redis.ts';
import { until } from './until.ts';

export const testModel = 'sora-watermark-remover';
const apiKey = 'key-of-the-tests-0123456789';

export interface System extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly session: Session;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Everything said to a person so far. */
  readonly said: string[];
  startWorker(on?: readonly Stage[]): Promise<OpenWorker>;
  /** Another process's view of the same project, perhaps with other settings. */
  openSecondSession(changes?: Readonly<Record<string, string>>): Promise<Session>;
  /** Puts share links into a batch; returns their ids. */
  give(count: number, batch?: string): Promise<string[]>;
  ended(batch?: string): Promise<Batch>;
}

export interface SystemOptions {
  readonly simulator?: Partial<SimulatorOptions>;
  readonly hooks?: SimulatorHooks;
  readonly environment?: Readonly<Record<string, string>>;
  /** As `run` and `worker` do. */
  readonly waitsForRedis?: boolean;
}

export function shareLink(n: number): string {
  return `https://sora.chatgpt.com/p/s_${n.toString(16).padStart(32, '0')}`;
}

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const simulator = await startSimulator(
    {
      apiKey,
      limit: { max: 1000, windowMs: 1000 },
      taskTime: '50ms',
      ...options.simulator,
    },
    options.hooks,
  );
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-test-'));
  const environment = {
    KIE_API_KEY: apiKey,
    KIE_BASE_URL: simulator.url,
    KIE_UPLOAD_URL: simulator.url,
    REDIS_URL: inject('redisUrl'),
    QUEUE_PREFIX: redisPrefix(),
    DATA_DIR: join(folder, 'data'),
    STORAGE_URL: `file:${join(folder, 'videos')}`,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    SUBMIT_LIMIT: '1000/1s',
    MIN_FREE_BYTES: '1MiB',
    LOG_LEVEL: 'warn',
    ...options.environment,
  };
  const said: string[] = [];
  const terminal: Terminal = {
    json: (value) => said.push(JSON.stringify(value)),
    print: (text) => said.push(text),
    say: (text) => said.push(text),
    warn: (text) => said.push(text),
    verbosity: 'usual',
    divert: () => undefined,
    isWatched: false,
  };
  const open = (changes: Readonly<Record<string, string>> = {}) =>
    openSession({
      loaded: parseConfiguration({ ...environment, ...changes }),
      output: terminal,
      modelFiles: [],
      logTo: 'file',
      waitsForRedis: options.waitsForRedis ?? false,
    });
  const session = await open();
  const opened = [session];
  const workers: OpenWorker[] = [];
  return {
    simulator,
    session,
    folder,
    environment,
    said,
    async startWorker(on = stages) {
      const worker = await session.startWorker(on);
      workers.push(worker);
      return worker;
    },
    async openSecondSession(changes) {
      const second = await open(changes);
      opened.push(second);
      return second;
    },
    async give(count, batch = 'test') {
      await session.ledger.openBatch(batch, { model: testModel, root: `${join(folder, 'videos')}/` });
      const links = Array.from({ length: count }, (_, n) => shareLink(n)).map((url) => ({
        id: url.slice(url.lastIndexOf('/') + 1),
        url,
      }));
      await session.ledger.enqueue(batch, links);
      return links.map(({ id }) => id);
    },
    ended: (batch = 'test') =>
      until(async () => {
        const now = await session.ledger.batch(batch);
        return now !== null && unfinished(now.counts) === 0 ? now : null;
      }, `the batch ${batch} has ended`),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop(1000)));
      await Promise.all(opened.map((each) => each.close()));
      await simulator.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
