/** What enqueueing is measured by: BullMQ's plain `addBulk` of as many jobs, in chunks of a thousand. */
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

const chunkSize = 1000;

/** @returns seconds */
export async function addBulk(redis: Redis, jobs: number): Promise<number> {
  const queue = new Queue('plain', { connection: redis });
  await queue.waitUntilReady();
  const startedAt = performance.now();
  for (let start = 0; start < jobs; start += chunkSize) {
    const size = Math.min(chunkSize, jobs - start);
    await queue.addBulk(
      Array.from({ length: size }, (_, index) => ({
        name: 'job',
        data: { url: `https://sora.chatgpt.com/p/s_${start + index}` },
        opts: { jobId: `s_${start + index}` },
      })),
    );
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await queue.close();
  return seconds;
}
