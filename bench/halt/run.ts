/**
 * A halt with many links waiting: `npm run bench -- halt [LINKS] [MINUTES]` (default 10,000 and 10). The account
 * is in maintenance, each kind of halt's own probe runs at its real intervals, and then the account is open again.
 * Prints the create calls the vendor got for each probe, and how soon after the end of the halt work was at full
 * speed: the first second in which as many tasks were made as the limit allows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { listHalts } from '../../src/shared/gate-state/halts.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { type BenchSystem, startBenchSystem } from '../system.ts';

interface Row {
  readonly name: string;
  readonly closed: Partial<SimulatorOptions>;
  readonly open: Partial<SimulatorOptions>;
}

const model = 'sora-watermark-remover';
const rows: readonly Row[] = [
  { name: 'maintenance', closed: { condition: 'maintenance' }, open: { condition: 'open' } },
  { name: 'no-credits', closed: { credits: 0 }, open: { credits: 1_000_000 } },
  { name: 'model-paused', closed: { pausedModels: [model] }, open: { pausedModels: [] } },
  { name: 'key-limit', closed: { condition: 'key-limit' }, open: { condition: 'open' } },
];
const limit = { max: 20, windowMs: 1000 };
/** Full speed: as many tasks within one window as the limit allows. */
const lookEveryMs = 20;

export async function run(args: readonly string[]): Promise<void> {
  const [links = 10_000, minutes = 10] = args.map(Number);
  console.log(`${links} links wait for ${minutes} min; limit ${limit.max} per ${limit.windowMs} ms`);
  const reports = await Promise.all(rows.map((row) => measure(row, links, minutes * 60_000)));
  for (const report of reports) console.log(report);
}

async function measure({ name, closed, open }: Row, links: number, haltMs: number): Promise<string> {
  await using system = await startBenchSystem({
    simulator: { limit, taskTime: '100ms', ...closed },
    environment: { SUBMIT_LIMIT: `${limit.max}/${limit.windowMs}ms`, MAX_IN_FLIGHT: '1000' },
  });
  await system.give(links);
  await system.startWorker();
  const begun = performance.now();
  while ((await haltsOf(system)).length === 0) await sleep(lookEveryMs);
  await sleep(1000);
  const atBegin = system.simulator.counts().createCalls;
  let probes = 0;
  let lastProbedAt: number | undefined;
  while (performance.now() - begun < haltMs) {
    const [halt] = await haltsOf(system);
    if (halt?.probedAt !== lastProbedAt) probes += 1;
    lastProbedAt = halt?.probedAt;
    await sleep(100);
  }
  const calls = system.simulator.counts().createCalls - atBegin;
  const opened = await untilFullSpeed(system, open);
  return `${name}: ${atBegin} calls as it began, then ${calls} create calls in ${probes} probe intervals; ${opened}`;
}

async function untilFullSpeed(system: BenchSystem, open: Partial<SimulatorOptions>): Promise<string> {
  system.simulator.settings(open);
  const openedAt = performance.now();
  while ((await haltsOf(system)).length > 0) await sleep(lookEveryMs);
  const endedAt = performance.now();
  while (system.simulator.counts().greatestInWindow < limit.max) await sleep(lookEveryMs);
  const fullMs = Math.round(performance.now() - endedAt);
  const seenMs = Math.round(endedAt - openedAt);
  return `seen to be over after ${seenMs} ms (its next probe), a full window of tasks ${fullMs} ms later; ${system.simulator.counts().refused} refused`;
}

function haltsOf({ session, prefix }: BenchSystem) {
  return listHalts(session.redis, prefix);
}
