/**
 * Lost answers at full size: `npm run bench -- lost-answers [LINKS] [LOST]` (default 2,000 and 200). Runs kie-batch
 * against the simulated vendor, which creates the tasks of some links and loses the answers: with callbacks, and
 * without them under both policies. Prints what was saved and what was paid twice.
 */
import { openServer } from '../../src/app/open-server.ts';
import type { Batch } from '../../src/shared/ledger/batch.ts';
import type { Ledger } from '../../src/shared/ledger/ledger.ts';
import { freePort } from '../free-port.ts';
import { type BenchSystem, shareLink, startBenchSystem } from '../system.ts';

interface Row {
  readonly name: string;
  readonly callbacks: boolean;
  readonly policy: 'resubmit' | 'hold';
}

const rows: readonly Row[] = [
  { name: 'callbacks on', callbacks: true, policy: 'resubmit' },
  { name: 'callbacks off, hold', callbacks: false, policy: 'hold' },
  { name: 'callbacks off, resubmit', callbacks: false, policy: 'resubmit' },
];

export async function run(args: readonly string[]): Promise<void> {
  const [links = 2000, lost = 200] = args.map(Number);
  console.log(`${lost} lost answers among ${links} links`);
  for (const row of rows) console.log(await measure(row, links, lost));
}

async function measure({ name, callbacks, policy }: Row, links: number, lost: number): Promise<string> {
  const every = Math.floor(links / lost);
  const loses = new Set(Array.from({ length: lost }, (_, n) => shareLink(n * every)));
  const port = await freePort();
  await using system = await startBenchSystem({
    simulator: { limit: { max: 1000, windowMs: 1000 }, taskTime: '100ms-2s' },
    hooks: {
      faultOf: ({ place, link, count }) =>
        place === 'create' && count === 1 && loses.has(link) ? 'create-answer-lost' : undefined,
    },
    environment: {
      ON_AMBIGUOUS_SUBMIT: policy,
      SUBMIT_LIMIT: '1000/1s',
      ...(callbacks ? { CALLBACK_BASE_URL: `http://127.0.0.1:${port}`, HTTP_PORT: String(port) } : {}),
    },
  });
  const server = callbacks ? await openServer(system.session, { hasPages: true, pages: [] }) : null;
  const startedAt = performance.now();
  await system.give(links);
  await system.startWorker();
  const batch = await system.ended();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  await server?.close();
  return `${name}: ${await judge(system, batch, loses)}, ${seconds} s`;
}

async function judge(
  system: BenchSystem,
  { counts, possiblyPaidTwice, creditsSpent }: Batch,
  loses: Set<string>,
) {
  const { links, queriesByTask, tasks, creditsSpent: charged } = system.simulator.counts();
  const twice = Object.entries(links).filter(([, { taskIds }]) => taskIds.length > 1);
  const named = await namedInReport(system.session.ledger);
  const isExact =
    named.size === twice.length &&
    twice.every(([link]) => named.has(link)) &&
    twice.every(([link]) => loses.has(link));
  const queries = Object.values(queriesByTask).reduce((sum, each) => sum + each, 0);
  return [
    `${counts.saved} saved, ${counts.held} held, ${counts.failed} failed`,
    `${tasks} tasks, ${(queries / tasks).toFixed(2)} queries a task`,
    `${twice.length} paid twice, ${possiblyPaidTwice} named (${isExact ? 'exactly those' : 'NOT those'})`,
    `${creditsSpent} credits told of ${charged} charged`,
  ].join('; ');
}

async function namedInReport(ledger: Ledger): Promise<Set<string>> {
  const named = new Set<string>();
  for await (const page of ledger.items('bench')) {
    for (const item of page) if (item.possiblyPaidTwice > 0) named.add(item.url);
  }
  return named;
}
