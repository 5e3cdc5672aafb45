/**
 * The cost of the query gate without a limit of the vendor: `npm run bench -- queries [LINKS] [QUERY_LIMIT…]` (default 300
 * links, `100/1s` and `auto`). Three rows for each limit: tasks of 100 ms without callbacks, for the links per second;
 * tasks of up to two seconds with callbacks; and tasks of one to four seconds without callbacks, ten per second, for the
 * delay of the results while the query gate has room.
 */
import { z } from 'zod';
import { openServer } from '../../src/app/open-server.ts';
import { freePort } from '../free-port.ts';
import { type BenchSystem, startBenchSystem } from '../system.ts';

const recordSchema = z.object({ data: z.object({ completeTime: z.number() }) });

export async function run([links = '300', ...limits]: readonly string[]): Promise<void> {
  for (const limit of limits.length === 0 ? ['100/1s', 'auto'] : limits) {
    await measure(Number(links), limit, '100ms', false);
    await measure(Number(links), limit, '100ms-2s', true);
    await measure(Number(links), limit, '1s-4s', false, '10/1s');
  }
}

async function measure(
  links: number,
  QUERY_LIMIT: string,
  taskTime: string,
  callbacks: boolean,
  SUBMIT_LIMIT = '1000/1s',
) {
  const port = await freePort();
  await using system = await startBenchSystem({
    simulator: { limit: { max: 100_000, windowMs: 1000 }, taskTime },
    environment: {
      QUERY_LIMIT,
      SUBMIT_LIMIT,
      MAX_IN_FLIGHT: '1000',
      ...(callbacks ? { CALLBACK_BASE_URL: `http://127.0.0.1:${port}`, HTTP_PORT: String(port) } : {}),
    },
  });
  await using _ = callbacks ? await openServer(system.session, { hasPages: false, pages: [] }) : null;
  await system.give(links);
  const startedAt = performance.now();
  await system.startWorker();
  await system.ended();
  const seconds = (performance.now() - startedAt) / 1000;
  const { queries } = system.simulator.counts();
  const late = (await lateness(system)).toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(late[Math.floor(share * (late.length - 1))] ?? 0);
  const [perSecond, perTask] = [(links / seconds).toFixed(0), (queries / links).toFixed(2)];
  console.log(
    `QUERY_LIMIT=${QUERY_LIMIT}, ${links} tasks of ${taskTime}, callbacks ${callbacks ? 'on' : 'off'}: ${perSecond} links/s, ${perTask} queries a task, found late by ${at(0.5)} ms in the median, 95 % within ${at(0.95)} ms`,
  );
}

/** From the end of each task, by the vendor's record, to its result being known. */
async function lateness({ session, simulator }: BenchSystem): Promise<number[]> {
  const late: number[] = [];
  for await (const page of session.ledger.items('bench')) {
    for (const { taskIds, completedAt } of page) {
      const address = `${simulator.url}/api/v1/jobs/recordInfo?taskId=${taskIds[0]}`;
      const answer = await fetch(address, { headers: { authorization: 'Bearer key-of-the-benchmarks' } });
      late.push((completedAt ?? 0) - recordSchema.parse(await answer.json()).data.completeTime);
    }
  }
  return late;
}
