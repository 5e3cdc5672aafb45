/**
 * Takes a sample of the totals and of each unfinished batch every few seconds, for the charts, and passes each reading
 * to its watchers (the alerts). Of several servers only the one whose sample was accepted does. Runs as long as the
 * server; while Redis is away samples are missing.
 */
import type { ServerDeps } from '../server-deps.ts';
import { countSample, type Overview, sampleOf } from './overview.ts';
import { addBatchSample, addSample, sampleEveryMs } from './samples.ts';

export interface Sampler {
  stop(): Promise<void>;
}

const mostBatches = 100;

export function startSampler(
  { redis, prefix, ledger, clock, logger }: ServerDeps,
  read: () => Promise<Overview>,
  onReading: (overview: Overview) => Promise<void>,
): Sampler {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let before: readonly string[] = [];

  async function take(): Promise<void> {
    const overview = await read();
    const at = Math.floor(overview.at / sampleEveryMs) * sampleEveryMs;
    if (!(await addSample({ redis, prefix }, sampleOf(overview, at)))) return;
    await takeOfBatches(overview, at);
    await onReading(overview);
  }

  /** A batch that has ended since the last sample gets one more. */
  async function takeOfBatches({ waiting }: Overview, at: number): Promise<void> {
    const going = waiting.slice(0, mostBatches).map(({ name }) => name);
    const sampled = [...new Set([...going, ...before])];
    before = going;
    for (const batch of await Promise.all(sampled.map((name) => ledger.batch(name))))
      if (batch !== null) await addBatchSample({ redis, prefix }, batch.name, countSample(batch.counts, at));
  }

  function schedule(): void {
    if (stopped) return;
    timer = setTimeout(run, sampleEveryMs - (clock.now() % sampleEveryMs) + 20);
    timer.unref();
  }

  function run(): void {
    running = take()
      .catch((error: unknown) => logger.debug({ err: error }, 'Could not take a sample'))
      .then(schedule);
  }

  run();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
