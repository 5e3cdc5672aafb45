/**
 * The other limiters in virtual time: their own code, with the timers and the clock of this process replaced
 * while a row runs, and the same simulated server. A refused request goes back into their queue.
 */
import FakeTimers from '@sinonjs/fake-timers';
import type { LocalLimiter } from './contenders.ts';
import { seededRandom } from './random.ts';
import type { Scenario } from './scenarios.ts';
import { delayMs } from './scenarios.ts';
import type { LimitingServer } from './servers.ts';
import type { Request } from './virtual-gate.ts';

export interface LibraryRun {
  readonly server: LimitingServer;
  readonly scenario: Scenario;
  readonly createLimiter: () => LocalLimiter;
  readonly processes: number;
  readonly durationMs: number;
  readonly changeAtMs: number;
  readonly seed: number;
}

const realSetImmediate = setImmediate;

export async function runLibrary(run: LibraryRun): Promise<Request[]> {
  const clock = FakeTimers.install({
    now: 1_800_000_000_000,
    toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
  waitAtLeastOneMs();
  const limiters: LocalLimiter[] = [];
  try {
    const requests: Request[] = [];
    const startMs = clock.now;
    const random = seededRandom(run.seed);
    const oneWayMs = () => delayMs[0] + random() * (delayMs[1] - delayMs[0]);
    const arrive = (other: boolean): boolean => {
      const accepted = run.server.arrive(clock.now * 1000);
      requests.push({ arrivedAtMs: clock.now - startMs, accepted, other });
      return accepted;
    };
    const send = async (): Promise<boolean> => {
      await pass(oneWayMs());
      const accepted = arrive(false);
      await pass(oneWayMs());
      return accepted;
    };
    const { otherGapMs, changesTo } = run.scenario;
    const sendOther = (gapMs: (random: () => number) => number): void => {
      arrive(true);
      setTimeout(() => sendOther(gapMs), gapMs(random));
    };
    if (otherGapMs) setTimeout(() => sendOther(otherGapMs), otherGapMs(random));
    if (changesTo !== undefined) setTimeout(() => run.server.setLimit(changesTo), run.changeAtMs);
    for (let index = 0; index < run.processes; index += 1) {
      const limiter = run.createLimiter();
      limiters.push(limiter);
      limiter.keepSending(send);
    }
    await letPass(clock, startMs + run.durationMs);
    return requests;
  } finally {
    for (const limiter of limiters) limiter.stop();
    clock.uninstall();
  }
}

/** As real timers do: without it, a limiter that waits for a fraction of a millisecond waits for ever. */
function waitAtLeastOneMs(): void {
  const fake = globalThis.setTimeout;
  Object.assign(globalThis, {
    setTimeout: (action: () => void, ms = 1) => fake(action, Math.max(1, Math.trunc(ms))),
  });
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Timer by timer; between two, everything that promises have set going runs to its end. */
async function letPass(clock: FakeTimers.Clock, untilMs: number): Promise<void> {
  while (clock.now < untilMs) {
    await new Promise((resolve) => realSetImmediate(resolve));
    if (clock.countTimers() === 0) return;
    clock.next();
  }
}
