/**
 * How soon a link is saved after the callback: `npm run bench -- callbacks [LINKS]` (default 200). The time starts when
 * the task ends by the vendor's record, and runs to the start of the download and to the saved file. Prints the median,
 * the 95th percentile and the queries per task.
 */
import { z } from 'zod';
import { openServer } from '../../src/app/open-server.ts';
import type { Item } from '../../src/shared/ledger/item.ts';
import { freePort } from '../free-port.ts';
import { type BenchSystem, startBenchSystem } from '../system.ts';

const recordSchema = z.object({ data: z.object({ completeTime: z.number() }) });

export async function run(args: readonly string[]): Promise<void> {
  const [links = 200] = args.map(Number);
  const port = await freePort();
  await using system = await startBenchSystem({
    simulator: { limit: { max: 20, windowMs: 1000 }, taskTime: '1s-4s' },
    environment: {
      SUBMIT_LIMIT: '20/1s',
      CALLBACK_BASE_URL: `http://127.0.0.1:${port}`,
      HTTP_PORT: String(port),
    },
  });
  await using _ = await openServer(system.session, { hasPages: true, pages: [] });
  await system.give(links);
  await system.startWorker();
  await system.ended();
  const { queries } = system.simulator.counts();
  const toDownload: number[] = [];
  const download: number[] = [];
  for await (const page of system.session.ledger.items('bench')) {
    for (const item of page) {
      toDownload.push((item.completedAt ?? 0) - (await endOf(item, system)));
      download.push((item.savedAt ?? 0) - (item.completedAt ?? 0));
    }
  }
  console.log(`${links} links, ${queries} queries: ${(queries / links).toFixed(2)} a task`);
  console.log(`callback to the start of the download: ${describe(toDownload)}`);
  console.log(`the download itself: ${describe(download)}`);
}

/** By the vendor's record, Unix milliseconds. */
async function endOf({ taskIds }: Item, { simulator }: BenchSystem): Promise<number> {
  const address = `${simulator.url}/api/v1/jobs/recordInfo?taskId=${taskIds[0]}`;
  const answer = await fetch(address, { headers: { authorization: 'Bearer key-of-the-benchmarks' } });
  return recordSchema.parse(await answer.json()).data.completeTime;
}

function describe(durationsMs: readonly number[]): string {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  return `median ${at(0.5)} ms, 95 % within ${at(0.95)} ms`;
}
