/**
 * Hands waiting links from the ledger's backlogs to the submit queue, never more than the gate will soon
 * admit: so a million waiting links cost no jobs, a batch given later gets its turn, and cancelling or
 * pausing a batch needs no search through a queue. Every worker with the submit stage runs one; the
 * ledger's script keeps several from handing out too much together.
 */
import type { Queues } from '../shared/jobs/catalogue.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { Logger } from '../shared/logging/logger.ts';
import type { Gate } from './gate/gate.ts';

export interface Feeder {
  /** A place at the gate has become free, or links have come. */
  nudge(): void;
  stop(): Promise<void>;
}

/** Jobs that stand ready behind a closed gate, so that the slot that opens next is used at once. */
const readyJobs = 2;
const longestPauseMs = 500;

export function startFeeder(deps: { ledger: Ledger; queues: Queues; gate: Gate; logger: Logger }): Feeder {
  let stopped = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;

  async function feed(): Promise<void> {
    let pauseMs = longestPauseMs;
    try {
      const { freeSlots, waitMs } = await deps.gate.free();
      const ids = await deps.ledger.take(freeSlots + readyJobs);
      if (ids.length > 0) await deps.queues.addMany('submit', ids);
      if (freeSlots === 0) pauseMs = Math.min(longestPauseMs, Math.max(1, waitMs));
    } catch (error) {
      deps.logger.warn({ err: error }, 'Could not hand out waiting links, trying again');
    }
    schedule(pauseMs);
  }

  function schedule(pauseMs: number): void {
    running = null;
    if (stopped) return;
    if (again) {
      again = false;
      running = feed();
      return;
    }
    timer = setTimeout(start, pauseMs);
  }

  function start(): void {
    clearTimeout(timer);
    running = feed();
  }

  start();
  return {
    nudge() {
      if (stopped) return;
      if (running) again = true;
      else start();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
