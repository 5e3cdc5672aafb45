/**
 * The wiring of a process: configuration, logger, Redis, ledger, queues and, for commands that work, the
 * worker with its vendor client, gates and storage. Everything below is handed its dependencies from here.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { startScheduleRunner } from '../producer/schedules/schedule-runner.ts';
import { createChronicle } from '../shared/chronicle/chronicle.ts';
import { systemClock } from '../shared/clock.ts';
import {
  type Configuration,
  cacheFolder,
  type LoadedConfiguration,
} from '../shared/configuration/configuration.ts';
import { openQueues, type Queues, type Stage } from '../shared/jobs/catalogue.ts';
import { createLedger, type Ledger } from '../shared/ledger/ledger.ts';
import { createLogger, type Logger } from '../shared/logging/logger.ts';
import { loadModels, type ModelRegistry } from '../shared/models/load-models.ts';
import { shareUrlOf } from '../shared/models/share-url.ts';
import { createOutgoing } from '../shared/outgoing/outgoing.ts';
import { openRedis, type RedisHandle } from '../shared/redis/open-redis.ts';
import type { RedisConnection } from '../shared/redis/script.ts';
import { createStorage } from '../shared/storage/create-storage.ts';
import type { Storage } from '../shared/storage/storage.ts';
import { rootOf } from '../shared/storage/storage-root.ts';
import { createVendorClient } from '../shared/vendor/vendor-client.ts';
import { createGate } from '../worker/gate/gate.ts';
import { createLearnedHistories } from '../worker/polling/learned-histories.ts';
import { createResultFetcher } from '../worker/result-fetcher.ts';
import { type RunningWorker, startWorker } from '../worker/worker.ts';
import { UsageError } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export interface Session {
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly models: ModelRegistry;
  readonly redis: RedisConnection;
  readonly ledger: Ledger;
  readonly queues: Queues;
  startWorker(stages: readonly Stage[]): Promise<WorkingSession>;
  close(): Promise<void>;
}

export interface WorkingSession extends RunningWorker {
  readonly storage: Storage;
}

export interface SessionOptions {
  readonly loaded: LoadedConfiguration;
  readonly terminal: Terminal;
  readonly modelFiles: readonly string[];
  /** Where the work is logged: commands that show progress keep their log in a file. */
  readonly logTo: 'standard-error' | 'file';
}

/** Status checks have no published limit; sibling endpoints say three a second for each task. */
const queryLimit = { max: 100, windowMs: 1000 };
const vendorTimeoutMs = 60_000;
const leaseMs = vendorTimeoutMs + 15_000;
const submitBackoff = { firstMs: 1000, mostMs: 60_000 };
const mostAttempts = 6;
const abandonedAfterMs = 24 * 3_600_000;

export async function openSession({ loaded, terminal, modelFiles, logTo }: SessionOptions): Promise<Session> {
  const { configuration, warnings } = loaded;
  const models = loadModels({ extraFiles: modelFiles });
  const notices = openLogger(configuration, terminal, false);
  for (const warning of warnings) notices.warn(warning);
  const logger = logTo === 'file' ? openLogger(configuration, terminal, true) : notices;
  const handle = await openRedis({
    redisUrl: configuration.REDIS_URL,
    dataDir: configuration.DATA_DIR,
    cacheDir: cacheFolder(),
    queuePrefix: configuration.QUEUE_PREFIX,
    logger: notices,
  });
  const redis = handle.connect('commands');
  const prefix = configuration.QUEUE_PREFIX;
  const shareUrl = (model: string, id: string) => {
    const known = models.list().find((each) => each.id === model);
    return known === undefined ? null : shareUrlOf(known, id);
  };
  const ledger = createLedger({ redis, prefix, shareUrl });
  const queues = openQueues(redis, prefix);
  return {
    configuration,
    logger,
    models,
    redis,
    ledger,
    queues,
    startWorker: (stages) =>
      openWorker({ configuration, logger, models, redis, ledger, queues }, handle, stages),
    async close() {
      await queues.close();
      await handle.close();
    },
  };
}

type WorkerParts = Pick<Session, 'configuration' | 'logger' | 'models' | 'redis' | 'ledger' | 'queues'>;

async function openWorker(
  parts: WorkerParts,
  handle: RedisHandle,
  stages: readonly Stage[],
): Promise<WorkingSession> {
  const { configuration, logger, redis } = parts;
  const clock = systemClock;
  const prefix = configuration.QUEUE_PREFIX;
  const storage = await createStorage(configuration.STORAGE_URL, { clock });
  const outgoing = createOutgoing({
    allowPrivateAddresses: configuration.ALLOW_PRIVATE_ADDRESSES,
    connectionsPerHost: configuration.DOWNLOAD_CONCURRENCY,
  });
  const vendor = createVendorClient({
    baseUrl: configuration.KIE_BASE_URL,
    apiKey: requireApiKey(configuration),
    timeoutMs: vendorTimeoutMs,
    logger,
    clock,
  });
  const gate = (operation: 'submit' | 'query') =>
    operation === 'submit'
      ? {
          redis,
          prefix,
          operation,
          leaseMs,
          limit: configuration.SUBMIT_LIMIT,
          learn: configuration.SUBMIT_LEARN,
          maxInFlight: configuration.MAX_IN_FLIGHT,
        }
      : { redis, prefix, operation, leaseMs, limit: queryLimit, learn: 'down' as const };
  const worker = startWorker(
    {
      ...parts,
      prefix,
      vendor,
      clock,
      chronicle: createChronicle(redis, prefix),
      histories: createLearnedHistories({ redis, prefix, clock, logger }),
      submitGate: createGate(gate('submit')),
      queryGate: createGate(gate('query')),
      fetcher: createResultFetcher({ storage, outgoing, clock, logger, configuration }),
      submitRules: { mostAttempts, onAmbiguous: configuration.ON_AMBIGUOUS_SUBMIT, backoff: submitBackoff },
      callbackUrl: configuration.CALLBACK_BASE_URL ?? null,
      random: Math.random,
    },
    {
      stages,
      connection: handle.connect('blocking'),
      downloadConcurrency: configuration.DOWNLOAD_CONCURRENCY,
    },
  );
  if (stages.includes('download')) clearAbandonedParts(storage, logger);
  const schedules = startScheduleRunner({
    ...parts,
    prefix,
    connection: handle.connect('blocking'),
    sources: { outgoing, clock, logger, maxListBytes: configuration.MAX_LIST_BYTES },
    storageRoot: rootOf(storage),
    clock,
    host: hostname(),
    nudge: worker.nudge,
  });
  return {
    storage,
    nudge: worker.nudge,
    async stop(deadlineMs) {
      await Promise.all([worker.stop(deadlineMs), schedules.stop()]);
      await Promise.all([vendor.close(), outgoing.close(), storage.close()]);
    },
  };
}

/** What was begun and never finished, by links that failed or processes that died, goes after a day. */
function clearAbandonedParts(storage: Storage, logger: Logger): void {
  storage.removeAbandonedParts(abandonedAfterMs).then(
    (count) => count > 0 && logger.info({ count }, 'Removed unfinished downloads of long ago'),
    (error: unknown) => logger.warn({ err: error }, 'Unfinished downloads of long ago could not be removed'),
  );
}

/** @throws UsageError that says where to get a key and where to put it */
export function requireApiKey({ KIE_API_KEY }: Configuration): string {
  if (KIE_API_KEY !== undefined) return KIE_API_KEY;
  throw new UsageError(
    'KIE_API_KEY is not set. Make a key at https://kie.ai/api-key and put it into the environment or into a file .env here: KIE_API_KEY=…',
  );
}

function openLogger(configuration: Configuration, { isWatched, say }: Terminal, toFile: boolean): Logger {
  const { KIE_API_KEY, KIE_WEBHOOK_KEY, DASHBOARD_PASSWORD } = configuration;
  return createLogger({
    level: configuration.LOG_LEVEL,
    format: configuration.LOG_FORMAT,
    isTerminal: isWatched,
    secrets: [KIE_API_KEY, KIE_WEBHOOK_KEY, DASHBOARD_PASSWORD].filter((secret) => secret !== undefined),
    ...(toFile ? { file: join(configuration.DATA_DIR, 'logs', 'kie-batch.log'), onTrouble: say } : {}),
  });
}
