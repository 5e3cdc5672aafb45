/**
 * The contender at the real limit: an ordinary script. p-queue starts 20 links every 10 s, each task is polled every 5 s,
 * and a call that is refused or fails is made again after a sleep. It stores nothing. Started by
 * run.ts with the plan as its argument.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { z } from 'zod';
import { shareLink } from '../system.ts';
import { openVendorCalls, RefusedError } from '../vendor-calls.ts';

const plan = z
  .object({ vendor: z.string(), files: z.string(), links: z.number() })
  .parse(JSON.parse(process.argv[2] ?? '{}'));
const { create, query, download } = openVendorCalls(plan);
const pollMs = 5000;
const retryMs = 5000;

const queue = new PQueue({ interval: 10_000, intervalCap: 20 });
await queue.addAll(Array.from({ length: plan.links }, (_, n) => () => fetchVideo(shareLink(n))));

async function fetchVideo(link: string): Promise<void> {
  const taskId = await retried(() => create(link));
  let url: string | null = null;
  while (url === null) {
    await sleep(pollMs);
    url = await retried(() => query(taskId));
  }
  const address = url;
  await retried(() => download(taskId, address));
}

/** Refused, or failed in another way, such as a connection that the vendor has just closed. */
async function retried<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RefusedError)) console.error(error);
      await sleep(retryMs);
    }
  }
}
