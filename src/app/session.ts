/**
 * The wiring of a process: configuration, logger, Redis, ledger and queues. Everything below gets its dependencies from
 * here. What only workers need is wired in open-worker.ts, and loaded on demand.
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '../shared/clock.ts';
import {
  type Configuration,
  cacheFolder,
  type LoadedConfiguration,
  priceListFolder,
} from '../shared/configuration/configuration.ts';
import { secretTexts, secretTextsOf } from '../shared/configuration/secret-texts.ts';
import { openData } from '../shared/data-version/data-version.ts';
import { openQueues, type Queues, type Stage, stages } from '../shared/jobs/catalogue.ts';
import { createLedger, type Ledger } from '../shared/ledger/ledger.ts';
import { createLogger, type Logger, type Verbosity } from '../shared/logging/logger.ts';
import { loadModels, type ModelRegistry } from '../shared/models/load-models.ts';
import { shareUrlOf } from '../shared/models/share-url.ts';
import { proxiesOf } from '../shared/outgoing/proxies.ts';
import { jobPolicy } from '../shared/policy.ts';
import { createPriceList, type PriceList } from '../shared/prices/price-list.ts';
import { pricedModels } from '../shared/prices/priced-models.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import { openRedis } from '../shared/redis/open-redis.ts';
import { followClock } from '../shared/time/process-time.ts';
import { startRedisClock } from '../shared/time/redis-clock.ts';
import { withTimeout } from '../shared/time/with-timeout.ts';
import type { Tracing } from '../shared/tracing/open-tracing.ts';
import { logProcessWarnings } from './log-warnings.ts';
import type { OpenWorker } from './open-worker.ts';

export interface Session extends Keyspace {
  readonly configuration: Configuration;
  readonly logger: Logger;
  /** With the prices of the vendor's list, as far as it was read. */
  readonly models: ModelRegistry;
  readonly prices: PriceList;
  readonly ledger: Ledger;
  readonly queues: Queues;
  /** Redis's time, which this process follows from the first call on: needed to work or to serve. */
  keepTime(): Promise<Clock>;
  /** @param onlyBatch submit links of this batch alone; null: of all */
  startWorker(stages: readonly Stage[], onlyBatch?: string | null): Promise<OpenWorker>;
  /** The same data on a separate connection, whose commands fail at once while Redis is away. */
  connectForRequests(): Promise<RequestSide>;
  close(): Promise<void>;
}

interface RequestSide extends Pick<Session, 'redis' | 'ledger' | 'queues'> {
  close(): Promise<void>;
}

/** Where a process shows its log; the command line's terminal is one. */
export interface LogOutput {
  readonly isWatched: boolean;
  /** Shows warnings and errors of a log that is only written to a file. */
  warn(text: string): void;
  readonly verbosity?: Verbosity;
}

export interface SessionOptions {
  readonly loaded: LoadedConfiguration;
  readonly output: LogOutput;
  readonly modelFiles: readonly string[];
  /** Where the work is logged: commands that show progress keep their log in a file. */
  readonly logTo: 'standard-error' | 'file';
  /** One of the caller's own, in place of ours. */
  readonly givenLogger?: Logger | undefined;
  /** Wait for a lost Redis without limit, instead of giving up after a minute. */
  readonly waitsForRedis?: boolean;
}

export async function openSession({
  loaded,
  output,
  modelFiles,
  logTo,
  givenLogger,
  waitsForRedis = false,
}: SessionOptions): Promise<Session> {
  const { configuration, warnings } = loaded;
  const prices = createPriceList({
    baseUrl: configuration.KIE_BASE_URL,
    proxies: proxiesOf(configuration),
    folder: priceListFolder(),
    clock: systemClock,
  });
  const models = pricedModels(loadModels({ extraFiles: modelFiles }), prices);
  const notices = givenLogger ?? openLogger(configuration, output, false);
  for (const warning of warnings) notices.warn(warning);
  const logger =
    givenLogger === undefined && logTo === 'file' && output.verbosity !== 'verbose'
      ? openLogger(configuration, output, true)
      : notices;
  const processWarnings = givenLogger === undefined ? logProcessWarnings(logger) : undefined;
  const handle = await openRedis({
    redisUrl: configuration.REDIS_URL,
    dataDir: configuration.DATA_DIR,
    cacheDir: cacheFolder(),
    queuePrefix: configuration.QUEUE_PREFIX,
    logger: notices,
  });
  // A worker keeps its commands until Redis is back: a received task id must not be dropped because of an error.
  const redis = handle.connect(waitsForRedis ? 'blocking' : 'commands');
  const prefix = configuration.QUEUE_PREFIX;
  try {
    await openData({ redis, prefix, logger });
  } catch (error) {
    await handle.close();
    throw error;
  }
  const shareUrl = (model: string, id: string) => {
    const known = models.list().find((each) => each.id === model);
    return known === undefined ? null : shareUrlOf(known, id);
  };
  const ledger = createLedger({ redis, prefix, shareUrl });
  const tracing = await openTracing(configuration, logger);
  const telemetry = tracing?.telemetry;
  const queues = openQueues({ redis, prefix }, telemetry);
  let time: Promise<KeptTime> | undefined;
  const keepTime = async () => {
    time ??= startTime({ redis, prefix, queues, logger });
    return (await time).clock;
  };
  const closePolitely = async () => {
    await (await time)?.stop();
    await queues.close();
  };
  return {
    configuration,
    logger,
    models,
    prices,
    redis,
    prefix,
    ledger,
    queues,
    keepTime,
    async startWorker(on, onlyBatch = null) {
      prices.keepFresh();
      const [{ openWorker }, clock] = await Promise.all([import('./open-worker.ts'), keepTime()]);
      const parts = { configuration, logger, models, redis, prefix, ledger, queues, telemetry, clock };
      return openWorker(parts, handle, on, onlyBatch);
    },
    async connectForRequests() {
      const connection = handle.connect('requests');
      // Despite errors in between: `once` of node:events would reject at the first one.
      if (connection.status !== 'ready') await new Promise((resolve) => connection.once('ready', resolve));
      const ownQueues = openQueues({ redis: connection, prefix }, telemetry);
      return {
        redis: connection,
        ledger: createLedger({ redis: connection, prefix, shareUrl }),
        queues: ownQueues,
        async close() {
          await ownQueues.close();
          connection.disconnect();
        },
      };
    },
    async close() {
      prices.close();
      // While Redis is away queues do not close by themselves; their connections are closed with the handle.
      await withTimeout(closePolitely(), jobPolicy.closeMs, null);
      await handle.close();
      await tracing?.close();
      processWarnings?.[Symbol.dispose]();
    },
  };
}

interface KeptTime {
  readonly clock: Clock;
  stop(): Promise<void>;
}

async function startTime({
  queues,
  ...deps
}: Pick<Session, 'redis' | 'prefix' | 'queues' | 'logger'>): Promise<KeptTime> {
  const onSetBack = async () => {
    for (const stage of stages) await (await queues.queue(stage)).promoteJobs();
  };
  const clock = await startRedisClock({ ...deps, onSetBack });
  const followed = followClock(clock);
  return {
    clock,
    async stop() {
      followed[Symbol.dispose]();
      await clock.stop();
    },
  };
}

async function openTracing({ TRACES_URL: url }: Configuration, logger: Logger): Promise<Tracing | undefined> {
  if (url === undefined) return undefined;
  const tracing = await import('../shared/tracing/open-tracing.ts');
  return tracing.openTracing({ url, logger, clock: systemClock });
}

function openLogger(
  configuration: Configuration,
  { isWatched, warn, verbosity = 'usual' }: LogOutput,
  toFile: boolean,
): Logger {
  return createLogger({
    level: toFile ? configuration.LOG_LEVEL : levelFor(verbosity, configuration.LOG_LEVEL),
    format: configuration.LOG_FORMAT,
    isTerminal: isWatched,
    secrets: [...secretTextsOf(configuration), ...secretTexts()],
    ...(toFile ? { file: join(configuration.DATA_DIR, 'logs', 'kie-batch.log'), onTrouble: warn } : {}),
  });
}

function levelFor(verbosity: Verbosity, level: Configuration['LOG_LEVEL']): Configuration['LOG_LEVEL'] {
  const isDetailed = level === 'debug' || level === 'trace';
  if (verbosity === 'quiet') return isDetailed || level === 'info' ? 'warn' : level;
  return verbosity === 'verbose' && !isDetailed ? 'debug' : level;
}
