/** A worker whose blocking connection does not recover still runs its jobs. */
import { createRedisBackend, Queue, type RedisQueueBackend } from 'bullmq';
import { describe, expect, it } from 'vitest';
import { QueueWorker } from '../../../src/shared/jobs/queue-worker.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';
import { until } from '../../setup/until.ts';

const never = <Value>() => new Promise<Value>(() => undefined);
const stuck: Readonly<Record<string, (backend: RedisQueueBackend) => void>> = {
  'a wait that never ends': (backend) => {
    backend.waitForJob = never;
  },
  'a connection that is never there again': (backend) => {
    backend.waitForJob = () => Promise.reject(new Error('the connection is lost'));
    backend.reconnectBlocking = never;
  },
};

// Each waits until the connection counts as stuck.
describe.concurrent('a worker', () => {
  it.each(Object.keys(stuck))('takes jobs in spite of %s', async (name) => {
    const prefix = redisPrefix();
    const connection = connectTestRedis();
    const blocking = connectTestRedis();
    const queue = new Queue('jobs', { connection, prefix });
    const taken: string[] = [];
    const worker = new QueueWorker<object>(
      'jobs',
      async ({ id = '' }) => void taken.push(id),
      { connection: blocking, prefix, drainDelay: 1 },
      (...given) => {
        const backend = createRedisBackend(...given);
        stuck[name]?.(backend);
        return backend;
      },
    );
    worker.on('error', () => undefined);
    try {
      await worker.waitUntilReady();
      for (const id of ['first', 'second']) {
        await queue.add('job', {}, { jobId: id });
        await until(() => taken.includes(id), `the ${id} job is taken`);
      }
      expect(taken).toEqual(['first', 'second']);
    } finally {
      await worker.close(true);
      await queue.close();
      connection.disconnect();
      blocking.disconnect();
    }
  });
});
