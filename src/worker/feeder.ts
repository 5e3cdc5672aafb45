/**
 * Hands waiting links from the ledger's backlogs to the submit queue, never more than the gate will soon
 * admit: so a million waiting links cost no jobs, a batch given later gets its turn, and cancelling or
 * pausing a batch needs no search through a queue. While the account is halted nothing is handed out, while a
 * model is halted nothing of its batches. Every worker with the submit stage runs one; the ledger's script keeps
 * several from handing out too much together.
 */
import { listHalts, modelsHalted, openTrial } from '../shared/gate-state/halts.ts';
import { feederPolicy } from '../shared/policy.ts';
import { endUnaffordable } from './end-unaffordable.ts';
import type { WorkerContext } from './worker-context.ts';

export interface Feeder {
  nudge(): void;
  stop(): Promise<void>;
}

export function startFeeder(context: WorkerContext): Feeder {
  const { ledger, queues, submitGate, redis, prefix } = context;
  let stopped = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;

  async function feed(): Promise<void> {
    let pauseMs: number = feederPolicy.longestPauseMs;
    try {
      const { freeSlots, waitMs, why } = await submitGate.free();
      const hasMore = await handOut(freeSlots, why === 'halted');
      if (freeSlots === 0) pauseMs = Math.min(feederPolicy.longestPauseMs, Math.max(1, waitMs));
      if (hasMore) pauseMs = 1;
    } catch (error) {
      context.warnOfTrouble('Could not hand out waiting links, retrying', error);
    }
    schedule(pauseMs);
  }

  /** @returns whether there is more to do at once */
  async function handOut(freeSlots: number, isHalted: boolean): Promise<boolean> {
    const halts = await listHalts({ redis, prefix });
    if (isHalted && openTrial('submit', halts) === null) return false;
    const wanted = isHalted ? 1 : freeSlots + feederPolicy.readyJobs;
    const { ids, exhausted } = await ledger.take(wanted, modelsHalted('submit', halts), context.onlyBatch);
    if (ids.length > 0) await queues.addMany('submit', ids);
    const ended = await Promise.all(exhausted.map((batch) => endUnaffordable(batch, context)));
    return ended.some((count) => count > 0);
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
