/**
 * Halts with many waiting links: `npm run bench -- halt [LINKS] [SECONDS] [--full]` (default 10,000 and 60). Each halt
 * that the vendor can cause lasts that long, with its real probe intervals; then its cause ends. Prints the create calls
 * other than probes, and the time from the end of the cause to full speed: a window with as many new tasks as the limit
 * allows. The intervals are shortest in the first minute, so a minute is the harder case for the calls. The probe that
 * ends the halt is moved forward, as by a restart. `--full`: ten minutes, and nothing is moved forward.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Halt, hastenProbe, listHalts } from '../../src/shared/gate-state/halts.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { type BenchSystem, startBenchSystem } from '../system.ts';

interface Row {
  readonly name: string;
  readonly closed: Partial<SimulatorOptions>;
  readonly open: Partial<SimulatorOptions>;
}

interface Plan {
  readonly links: number;
  readonly haltMs: number;
  readonly isFull: boolean;
}

const model = 'sora-watermark-remover';
const rows: readonly Row[] = [
  { name: 'unauthorized', closed: { condition: 'unauthorized' }, open: { condition: 'open' } },
  { name: 'no-credits', closed: { credits: 0 }, open: { credits: 1_000_000 } },
  { name: 'key-limit', closed: { condition: 'key-limit' }, open: { condition: 'open' } },
  { name: 'maintenance', closed: { condition: 'maintenance' }, open: { condition: 'open' } },
  { name: 'model-paused', closed: { pausedModels: [model] }, open: { pausedModels: [] } },
  { name: 'misconfigured', closed: { condition: 'no-endpoint' }, open: { condition: 'open' } },
];
const limit = { max: 20, windowMs: 1000 };
const lookEveryMs = 20;
/** Calls that were under way when the halt began have been answered by then. */
const settledMs = 2000;

export async function run(args: readonly string[]): Promise<void> {
  const isFull = args.includes('--full');
  const [links = 10_000, seconds = isFull ? 600 : 60] = args.filter((arg) => arg !== '--full').map(Number);
  console.log(`${links} links wait for ${seconds} s; limit ${limit.max} per ${limit.windowMs} ms`);
  const plan = { links, haltMs: seconds * 1000, isFull };
  let turn = Promise.resolve();
  const reports = rows.map((row) => {
    const before = turn;
    const report = measure(row, plan, before);
    // One after the other, so that no row's full speed slows down another's.
    turn = isFull ? turn : report.then(() => undefined);
    return report;
  });
  for (const report of reports) console.log(await report);
}

async function measure(
  { name, closed, open }: Row,
  { links, haltMs, isFull }: Plan,
  turn: Promise<void>,
): Promise<string> {
  await using system = await startBenchSystem({
    simulator: { limit, taskTime: '100ms', ...closed },
    environment: { SUBMIT_LIMIT: `${limit.max}/${limit.windowMs}ms`, MAX_IN_FLIGHT: '1000' },
  });
  await system.give(links);
  await system.startWorker();
  while ((await haltsOf(system)).length === 0) await sleep(lookEveryMs);
  const [begun] = await haltsOf(system);
  await sleep(settledMs);
  const atBegin = system.simulator.counts().createCalls;
  await sleep(Math.max(0, haltMs - settledMs));
  const [halt] = await haltsOf(system);
  const calls = system.simulator.counts().createCalls - atBegin;
  const said = `${name}: ${atBegin} create calls as it began, then ${calls} in ${halt?.probes ?? 0} probe intervals`;
  if (halt === undefined || halt.since !== begun?.since) return `${said}; IT ENDED MEANWHILE`;
  await turn;
  return `${said}; ${await untilFullSpeed(system, open, isFull ? null : halt)}`;
}

async function untilFullSpeed(
  system: BenchSystem,
  open: Partial<SimulatorOptions>,
  hastened: Halt | null,
): Promise<string> {
  const { session, prefix, simulator } = system;
  simulator.settings(open);
  const openedAt = performance.now();
  if (hastened !== null) await hastenProbe({ redis: session.redis, prefix }, hastened, Date.now());
  while ((await haltsOf(system)).length > 0) await sleep(lookEveryMs);
  const endedAt = performance.now();
  while (simulator.counts().greatestInWindow < limit.max) await sleep(lookEveryMs);
  const fullMs = Math.round(performance.now() - endedAt);
  const seenS = ((endedAt - openedAt) / 1000).toFixed(1);
  return `over ${seenS} s after its cause, full speed ${fullMs} ms later; ${simulator.counts().refused} refused`;
}

function haltsOf({ session, prefix }: BenchSystem): Promise<Halt[]> {
  return listHalts({ redis: session.redis, prefix });
}
