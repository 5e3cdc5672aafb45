/**
 * A BullMQ worker that can be closed while Redis is away, and that keeps fetching jobs if its blocking connection does
 * not recover, as after a failover of a Cluster: the wait then ends late, and the worker uses its other connection.
 */
import {
  type BackendFactory,
  createRedisBackend,
  type Processor,
  type RedisQueueBackend,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { jobPolicy } from '../policy.ts';
import { withTimeout } from '../time/with-timeout.ts';

export class QueueWorker<Data> extends Worker<Data> {
  constructor(
    name: string,
    process: Processor<Data>,
    options: WorkerOptions,
    createBackend: BackendFactory<RedisQueueBackend> = createRedisBackend,
  ) {
    super(name, process, options, withBoundedWaits(createBackend));
  }

  /**
   * Has a job that is being run wait, and writes its new data in the same step: afterwards another worker may run it at
   * any time. `Job` takes one step for each.
   */
  async delayJob(id: string, token: string | undefined, delayMs: number, data?: Data): Promise<void> {
    const fields = data === undefined ? {} : { fieldsToUpdate: { data: JSON.stringify(data) } };
    await this.backend.moveToDelayed(id, Date.now(), delayMs, token, { skipAttempt: true, ...fields });
  }

  /** Renews no more locks. Without Redis `close` never ends, and the timer of the locks keeps the process alive. */
  async giveUp(): Promise<void> {
    await this.lockManager.close();
  }
}

/**
 * BullMQ ends a wait that is late by a second, and then waits for its connection without a limit. While waits fail it
 * fetches no job. Here it fetches one after each wait without a result.
 */
function withBoundedWaits(create: BackendFactory<RedisQueueBackend>): BackendFactory<RedisQueueBackend> {
  return (...given) => {
    const backend = create(...given);
    const wait = backend.waitForJob.bind(backend);
    const reconnect = backend.reconnectBlocking.bind(backend);
    let askedAt = performance.now();
    backend.waitForJob = async (seconds) => {
      try {
        const found = await withTimeout(wait(seconds), seconds * 1000 + jobPolicy.lateWaitMs, null);
        askedAt = performance.now();
        return found;
      } catch (error) {
        if (performance.now() - askedAt < jobPolicy.lateWaitMs) throw error;
        askedAt = performance.now();
        return null;
      }
    };
    backend.reconnectBlocking = () => withTimeout(reconnect(), jobPolicy.lateWaitMs, undefined);
    return backend;
  };
}
