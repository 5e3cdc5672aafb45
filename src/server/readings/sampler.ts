/**
 * Takes a sample of the whole every few seconds, for the charts, and hands each reading to whoever watches
 * (the alerts); of several servers only the one whose sample was taken does. Runs as long as the server does; a Redis that is away costs a sample, nothing else.
 */
import type { ServerDeps } from '../server-deps.ts';
import { type Overview, sampleOf } from './overview.ts';
import { addSample, sampleEveryMs } from './samples.ts';

export interface Sampler {
  stop(): Promise<void>;
}

export function startSampler(
  { redis, prefix, clock, logger }: ServerDeps,
  read: () => Promise<Overview>,
  onReading: (overview: Overview) => Promise<void>,
): Sampler {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function take(): Promise<void> {
    const overview = await read();
    const at = Math.floor(overview.at / sampleEveryMs) * sampleEveryMs;
    if (await addSample({ redis, prefix }, sampleOf(overview, at))) await onReading(overview);
  }

  function schedule(): void {
    if (stopped) return;
    timer = setTimeout(run, sampleEveryMs - (clock.now() % sampleEveryMs) + 20);
    timer.unref();
  }

  function run(): void {
    running = take()
      .catch((error: unknown) => logger.debug({ err: error }, 'No sample this time'))
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
