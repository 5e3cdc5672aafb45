/**
 * Hands waiting links from the ledger's backlogs to the submit queue, never more than the gate will soon
 * admit: so a million waiting links cost no jobs, a batch given later gets its turn, and cancelling or
 * pausing a batch needs no search through a queue. While the account is halted nothing is handed out, while a
 * model is halted nothing of its batches. Every worker with the submit stage runs one; the ledger's script keeps
 * several from handing out too much together.
 */
import { type Halt, listHalts, modelsHalted, openTrial } from '../shared/gate-state/halts.ts';
import { feederPolicy } from '../shared/policy.ts';
import type { Room } from './gate/gate.ts';
import type { WorkerContext } from './worker-context.ts';

export interface Feeder {
  /** There are new links. */
  nudge(): void;
  /** A link has left the gate, or a task has ended: there may be room for another, or credits. */
  moved(): void;
  stop(): Promise<void>;
}

type Parts = 'ledger' | 'queues' | 'submitGate' | 'redis' | 'prefix' | 'onlyBatch' | 'warnOfTrouble';

export interface FeederContext extends Pick<WorkerContext, Parts> {
  /** Ends links of a batch whose budget is used up. @returns how many */
  readonly endUnaffordable: (batch: string) => Promise<number>;
}

export function startFeeder(context: FeederContext): Feeder {
  const { ledger, queues, submitGate, redis, prefix } = context;
  let stopped = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let fedAt = Number.NEGATIVE_INFINITY;
  /** At the last look the limit was used up, and links were handed out for the next slots. */
  let isAhead = false;

  async function feed(): Promise<void> {
    let pauseMs: number = feederPolicy.longestPauseMs;
    try {
      const [room, halts] = await Promise.all([
        submitGate.free(feederPolicy.aheadMs),
        listHalts({ redis, prefix }),
      ]);
      isAhead = room.soonMs.length > 0;
      const hasMore = await handOut(room, halts);
      pauseMs = hasMore ? 1 : pauseAfter(room);
    } catch (error) {
      context.warnOfTrouble('Could not hand out waiting links, retrying', error);
    }
    schedule(pauseMs);
  }

  /** @returns whether there is more to do at once */
  async function handOut(room: Room, halts: readonly Halt[]): Promise<boolean> {
    const { freeSlots, soonMs } = room;
    const isHalted = room.why === 'halted';
    if (isHalted && openTrial('submit', halts) === null) return false;
    const wanted = isHalted ? 1 : freeSlots + soonMs.length + feederPolicy.readyJobs;
    const { ids, exhausted, atGate } = await ledger.take(
      wanted,
      modelsHalted('submit', halts),
      context.onlyBatch,
    );
    // Each link asks the gate when a slot becomes free for it: those that are at the gate already have the first ones.
    const delaysMs = ids.map((_, index) => soonMs[atGate + index - freeSlots] ?? 0);
    if (ids.length > 0) await queues.addMany('submit', ids, delaysMs);
    const ended = await Promise.all(exhausted.map(context.endUnaffordable));
    return ended.some((count) => count > 0);
  }

  function schedule(pauseMs: number): void {
    running = null;
    if (stopped) return;
    timer = setTimeout(start, again ? feederPolicy.leastPauseMs : pauseMs);
    again = false;
  }

  function start(): void {
    clearTimeout(timer);
    fedAt = performance.now();
    running = feed();
  }

  function nudge(): void {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(start, Math.max(0, fedAt + feederPolicy.leastPauseMs - performance.now()));
  }

  start();
  return {
    nudge,
    moved() {
      // A look that is under way may have been too early to see it.
      if (running || !isAhead) nudge();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** While the limit is used up, it is known when more slots become free; anything else may end at any time. */
function pauseAfter({ freeSlots, waitMs, why, soonMs }: Room): number {
  const { longestPauseMs, aheadMs } = feederPolicy;
  if (freeSlots > 0) return longestPauseMs;
  if (why !== 'limit') return Math.min(longestPauseMs, Math.max(1, waitMs));
  return Math.min(aheadMs, Math.max(1, soonMs.at(-1) ?? waitMs));
}
