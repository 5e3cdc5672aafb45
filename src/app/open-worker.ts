/**
 * The wiring of the work: the worker with its vendor client, gates, storage and the runner of schedules, on what a
 * session has opened already. Loaded when a command works, as others need none of it.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Telemetry } from 'bullmq';
import { startRetention } from '../producer/retention.ts';
import { startScheduleRunner } from '../producer/schedules/schedule-runner.ts';
import { type Clock, steadyClock, systemClock } from '../shared/clock.ts';
import type { Configuration } from '../shared/configuration/configuration.ts';
import { createVendorCallCounter } from '../shared/gate-state/vendor-calls.ts';
import { createItemHistory } from '../shared/item-history/item-history.ts';
import type { Queues, Stage } from '../shared/jobs/catalogue.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { videoRelay } from '../shared/local-video/video-relay.ts';
import type { Logger } from '../shared/logging/logger.ts';
import type { ModelRegistry } from '../shared/models/load-models.ts';
import { createOutgoing } from '../shared/outgoing/outgoing.ts';
import { rulesForOthers } from '../shared/outgoing/proxies.ts';
import { jobPolicy, submitPolicy, vendorPolicy } from '../shared/policy.ts';
import { createRedisRun } from '../shared/presence/redis-run.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import type { RedisHandle } from '../shared/redis/open-redis.ts';
import { templateColumns } from '../shared/storage/path-template.ts';
import { createStorageMemory } from '../shared/storage/redis-storage-memory.ts';
import type { Storage } from '../shared/storage/storage.ts';
import { StorageError } from '../shared/storage/storage-error.ts';
import type { StorageMemory } from '../shared/storage/storage-mark.ts';
import { rootOf } from '../shared/storage/storage-root.ts';
import { withTimeout } from '../shared/time/with-timeout.ts';
import { createVideoLengths } from '../shared/video-length/video-lengths.ts';
import { announceHalt } from '../worker/announce-halt.ts';
import { createBudgetedBatches } from '../worker/budgeted-batches.ts';
import { createCallJournal, removeOldJournals } from '../worker/call-journal.ts';
import { createCreateCalls } from '../worker/create-calls.ts';
import { recordCallsOfOthers } from '../worker/forgotten-calls.ts';
import { createGate } from '../worker/gate/gate.ts';
import { queryGateLimit } from '../worker/gate/query-limit.ts';
import { createHeldAnswers } from '../worker/held-answers.ts';
import { createLearnedHistories } from '../worker/polling/learned-histories.ts';
import { createRecentCalls } from '../worker/recent-calls.ts';
import { createResultFetcher } from '../worker/result-fetcher.ts';
import { startUnfinishedSweeper } from '../worker/unfinished-sweeper.ts';
import { recordLeftBehind } from '../worker/unrecorded-tasks.ts';
import { createWarnOfTrouble } from '../worker/warn-of-trouble.ts';
import { type RunningWorker, startWorker } from '../worker/worker.ts';
import type { WorkerContext } from '../worker/worker-context.ts';
import { openStorage } from './open-storage.ts';
import { requireVendor } from './open-vendor.ts';

export interface WorkerParts extends Keyspace {
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly models: ModelRegistry;
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly telemetry: Telemetry | undefined;
  /** Redis's time. */
  readonly clock: Clock;
}

export interface OpenWorker extends RunningWorker {
  readonly storage: Storage;
}

export async function openWorker(
  parts: WorkerParts,
  handle: RedisHandle,
  stages: readonly Stage[],
  onlyBatch: string | null,
): Promise<OpenWorker> {
  const { configuration, logger, clock } = parts;
  const memory = createStorageMemory(parts);
  const storage = await openStorage(parts);
  const outage = stages.includes('download') ? await findOutage(storage, memory) : null;
  const outgoing = createOutgoing({
    ...rulesForOthers(configuration),
    connectionsPerHost: configuration.DOWNLOAD_CONCURRENCY,
  });
  const calls = createVendorCallCounter(parts);
  const { timeoutMs } = vendorPolicy;
  const vendor = requireVendor(configuration, { onCall: calls.count, timeoutMs, logger, clock });
  const redisRun = await recordEarlierCalls(parts);
  if (outage !== null) {
    await announceHalt({ reason: 'storage-unavailable', message: outage }, null, parts);
  }
  const worker = startWorker(contextOf(parts, { storage, outgoing, vendor, redisRun, onlyBatch }), {
    stages,
    connection: handle.connect('blocking'),
    downloadConcurrency: configuration.DOWNLOAD_CONCURRENCY,
    telemetry: parts.telemetry,
  });
  const unfinished = stages.includes('download') ? startUnfinishedSweeper(storage, logger) : null;
  // A worker of one batch adds no links to others.
  const schedules =
    onlyBatch !== null
      ? null
      : startScheduleRunner({
          ...parts,
          connection: handle.connect('blocking'),
          sources: { outgoing, clock: systemClock, logger, maxListBytes: configuration.MAX_LIST_BYTES },
          storageRoot: rootOf(storage),
          keep: templateColumns(configuration.PATH_TEMPLATE),
          host: hostname(),
          nudge: worker.nudge,
        });
  const retention = startRetention(
    { savedDays: configuration.RETAIN_SAVED_DAYS, failedDays: configuration.RETAIN_FAILED_DAYS },
    parts,
  );
  return {
    storage,
    nudge: worker.nudge,
    abandon: worker.abandon,
    async stop(deadlineMs) {
      const others = Promise.all([schedules?.stop(), retention.stop(), unfinished?.stop()]);
      await worker.stop(deadlineMs);
      // While Redis is away they do not end by themselves; nothing is lost.
      await withTimeout(others, jobPolicy.closeMs, null);
      await Promise.all([vendor.close(), outgoing.close(), storage.close()]);
      await withTimeout(calls.close(), jobPolicy.closeMs, null);
    },
  };
}

/**
 * Records in Redis the paid tasks that earlier workers of this machine could not record.
 * @returns the run of Redis in which they are recorded
 */
async function recordEarlierCalls(parts: WorkerParts): Promise<WorkerContext['redisRun']> {
  const earlier = { ...parts, dataDir: parts.configuration.DATA_DIR };
  await recordLeftBehind(earlier);
  const { id } = await createRedisRun(parts).read();
  await recordCallsOfOthers(id, earlier, true);
  await removeOldJournals(earlier);
  return { id };
}

type Opened = Pick<WorkerContext, 'outgoing' | 'vendor' | 'redisRun' | 'onlyBatch'> & {
  readonly storage: Storage;
};

function contextOf(parts: WorkerParts, opened: Opened): WorkerContext {
  const { configuration, logger, clock, redis, prefix } = parts;
  const { storage, outgoing, vendor, redisRun, onlyBatch } = opened;
  const dataDir = configuration.DATA_DIR;
  const workerId = randomUUID();
  const journal = createCallJournal({ dataDir, prefix, workerId, logger, redisRun: () => redisRun.id });
  return {
    ...parts,
    ...gatesOf(parts),
    ...{ dataDir, workerId, redisRun, vendor, outgoing, onlyBatch },
    held: createHeldAnswers({ logger, random: Math.random }),
    calls: createCreateCalls(),
    recent: createRecentCalls(steadyClock, journal),
    warnOfTrouble: createWarnOfTrouble({ logger, clock }),
    itemHistory: createItemHistory(parts),
    histories: createLearnedHistories({ redis, prefix, clock: steadyClock, logger }),
    hasBudget: createBudgetedBatches(parts.ledger, steadyClock),
    lengths: createVideoLengths(outgoing),
    maxVideoBytes: configuration.MAX_VIDEO_BYTES,
    relay: videoRelay(storage),
    fetcher: createResultFetcher({ storage, outgoing, clock: steadyClock, logger, configuration }),
    submitRules: {
      mostAttempts: submitPolicy.mostAttempts,
      onAmbiguous: configuration.ON_AMBIGUOUS_SUBMIT,
      backoff: submitPolicy.backoff,
    },
    callbackUrl: configuration.CALLBACK_BASE_URL ?? null,
    random: Math.random,
  };
}

function gatesOf({
  configuration,
  redis,
  prefix,
}: WorkerParts): Pick<WorkerContext, 'submitGate' | 'queryGate'> {
  const { SUBMIT_LIMIT: limit, SUBMIT_LEARN: learn, MAX_IN_FLIGHT: maxInFlight } = configuration;
  const shared = { redis, prefix, leaseMs: vendorPolicy.leaseMs };
  return {
    submitGate: createGate({ ...shared, operation: 'submit', limit, learn, maxInFlight }),
    queryGate: createGate({ ...shared, operation: 'query', ...queryGateLimit(configuration) }),
  };
}

/**
 * An unwritable storage would only be noticed after everything is paid. One that was used before is temporarily
 * unavailable: a halt. One that never was is probably a wrong setting.
 * @returns what is wrong, or null
 * @throws StorageError if the storage was never used
 */
async function findOutage(storage: Storage, memory: StorageMemory): Promise<string | null> {
  const root = rootOf(storage);
  try {
    await storage.probe();
  } catch (error) {
    if (!(error instanceof StorageError) || (await memory.recall(root)) === null) throw error;
    return error.message;
  }
  if ((await memory.recall(root)) === null) await memory.remember(root, { id: '', place: '' });
  return null;
}
