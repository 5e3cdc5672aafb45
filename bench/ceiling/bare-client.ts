/**
 * The contenders of the ceiling: the same three HTTP calls for each link, as jobs of BullMQ or pg-boss, or in p-queue. None
 * of them verifies, labels nor syncs a file, counts credits, or survives what kie-batch survives; that is what the difference
 * buys. Started by run.ts with the plan as its argument.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import PQueue from 'p-queue';
import { PgBoss } from 'pg-boss';
import { z } from 'zod';
import { shareLink } from '../system.ts';
import { openVendorCalls } from '../vendor-calls.ts';

const plan = z
  .object({
    kind: z.enum(['bullmq', 'pg-boss', 'p-queue']),
    vendor: z.string(),
    /** Of Redis or PostgreSQL. */
    store: z.string(),
    files: z.string(),
    links: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));
const concurrency = 50;
const pollMs = 110;
const { create, query, download } = openVendorCalls(plan);

const contenders = { bullmq: withBullmq, 'pg-boss': withPgBoss, 'p-queue': withPQueue };
await contenders[plan.kind]();

async function withBullmq(): Promise<void> {
  const connect = () => {
    const address = plan.store.startsWith('unix:') ? plan.store.slice('unix://'.length) : plan.store;
    return new Redis(address, { maxRetriesPerRequest: null });
  };
  const queues = { connection: connect() };
  const defaultJobOptions = { removeOnComplete: true };
  const submits = new Queue<{ link: string }>('submit', { ...queues, defaultJobOptions });
  const polls = new Queue<{ taskId: string }>('poll', { ...queues, defaultJobOptions });
  const downloads = new Queue<{ taskId: string; url: string }>('download', { ...queues, defaultJobOptions });
  for (let from = 0; from < plan.links; from += 1000) {
    const size = Math.min(1000, plan.links - from);
    await submits.addBulk(
      Array.from({ length: size }, (_, n) => ({ name: 'submit', data: { link: shareLink(from + n) } })),
    );
  }
  new Worker<{ link: string }>(
    'submit',
    async ({ data }) => {
      const taskId = await create(data.link);
      await polls.add('poll', { taskId }, { delay: pollMs });
    },
    { connection: connect(), concurrency },
  );
  new Worker<{ taskId: string }>(
    'poll',
    async (job, token) => {
      const url = await query(job.data.taskId);
      if (url === null) {
        await job.moveToDelayed(Date.now() + pollMs, token);
        throw new DelayedError();
      }
      await downloads.add('download', { taskId: job.data.taskId, url });
    },
    { connection: connect(), concurrency },
  );
  new Worker<{ taskId: string; url: string }>(
    'download',
    async ({ data }) => download(data.taskId, data.url),
    { connection: connect(), concurrency },
  );
}

/** Jobs are fetched in groups, and at once when one is added: its fastest form. It looks for delayed ones every 0.5 s. */
async function withPgBoss(): Promise<void> {
  const boss = new PgBoss({ connectionString: plan.store, max: 20, useListenNotify: true });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  for (const name of ['submit', 'poll', 'download']) await boss.createQueue(name, { notify: true });
  const later = () => ({ startAfter: new Date(Date.now() + pollMs) });
  const work = async <Data extends object>(name: string, perform: (data: Data) => Promise<unknown>) => {
    const options = {
      batchSize: concurrency / 5,
      localConcurrency: 5,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 0.5,
    };
    await boss.work<Data>(name, options, async (jobs) => {
      await Promise.all(jobs.map(({ data }) => perform(data)));
    });
  };
  await boss.insert(
    'submit',
    Array.from({ length: plan.links }, (_, n) => ({ data: { link: shareLink(n) } })),
  );
  await work<{ link: string }>('submit', async ({ link }) =>
    boss.send('poll', { taskId: await create(link) }, later()),
  );
  await work<{ taskId: string }>('poll', async ({ taskId }) => {
    const url = await query(taskId);
    if (url === null) await boss.send('poll', { taskId }, later());
    else await boss.send('download', { taskId, url });
  });
  await work<{ taskId: string; url: string }>('download', async ({ taskId, url }) => download(taskId, url));
}

async function withPQueue(): Promise<void> {
  const queue = new PQueue({ concurrency });
  const links = Array.from({ length: plan.links }, (_, n) => shareLink(n));
  await queue.addAll(
    links.map((link) => async () => {
      const taskId = await create(link);
      let url: string | null = null;
      while (url === null) {
        await sleep(pollMs);
        url = await query(taskId);
      }
      await download(taskId, url);
    }),
  );
  // The files are counted by the benchmark, which then ends this process.
  await new Promise(() => setInterval(() => undefined, 1000));
}
