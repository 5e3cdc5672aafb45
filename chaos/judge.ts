/**
 * What must hold when the failures are over and everything has ended. The vendor's records, the ledger and the storage
 * are read and compared. A violation is described in full.
 */
import type { Session } from '../src/app/session.ts';
import { stages } from '../src/shared/jobs/catalogue.ts';
import { unfinished } from '../src/shared/ledger/batch.ts';
import type { Item } from '../src/shared/ledger/item.ts';
import { itemStates } from '../src/shared/ledger/states.ts';
import { judgeFiles } from './judge-files.ts';
import { countPaidTwice, judgeLedger } from './judge-ledger.ts';
import { judgeProcesses, judgeRedis } from './judge-remains.ts';
import type { ResultFiles } from './result-store.ts';
import type { World } from './world.ts';

export type JudgedWorld = Pick<World, 'simulator' | 'batches' | 'policy' | 'environment' | 'services'> & {
  readonly store: ResultFiles;
};

export interface Violation {
  readonly message: string;
  /** The item it is about, if it is about one. */
  readonly itemId: string | null;
}

export type Violate = (message: string, itemId?: string | null) => void;

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly items: readonly Item[];
  readonly facts: Readonly<Record<string, number>>;
}

export async function judge(world: JudgedWorld, session: Session): Promise<Judgement> {
  const violations: Violation[] = [];
  const violate: Violate = (message, itemId = null) => void violations.push({ message, itemId });
  const byId = new Map<string, Item>();
  for (const name of world.batches.keys()) {
    for await (const page of session.ledger.items(name)) for (const item of page) byId.set(item.id, item);
  }
  const items = [...byId.values()];
  await judgeLedger(world, session, items, violate);
  await judgeFiles(world, items, violate);
  await judgeRedis(world, session, violate);
  await judgeProcesses(world, violate);
  const { keyLeaks } = world.simulator.counts();
  if (keyLeaks > 0) violate(`the API key was sent to the host of the results ${keyLeaks} times`);
  return { violations, items, facts: factsOf(world, items) };
}

function factsOf(world: JudgedWorld, items: readonly Item[]): Record<string, number> {
  const counts = world.simulator.counts();
  const states = itemStates.map((state) => [state, items.filter((item) => item.state === state).length]);
  return {
    links: items.length,
    ...Object.fromEntries(states),
    possiblyPaidTwice: items.filter(({ possiblyPaidTwice }) => possiblyPaidTwice > 0).length,
    paidTwice: countPaidTwice(world),
    tasks: counts.tasks,
    createCalls: counts.createCalls,
    queries: counts.queries,
    refused: counts.refused,
    faults: Object.values(counts.faults).reduce((sum, times) => sum + times, 0),
    creditsOfVendor: counts.creditsSpent,
    creditsOfLedger: items.reduce((sum, { creditsSpent }) => sum + creditsSpent, 0),
    callbacks: counts.callbacks.delivered,
    processStarts: world.services.reduce((sum, { starts }) => sum + starts(), 0),
  };
}

/** Whether nothing is in progress any more, including secondary tasks. */
export async function isAtRest({ ledger, queues }: Session, batches: Iterable<string>): Promise<boolean> {
  for (const name of batches) {
    const batch = await ledger.batch(name);
    if (batch === null || unfinished(batch.counts) > 0) return false;
  }
  for (const stage of stages) {
    const queue = await queues.queue(stage);
    const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized');
    if (Object.values(counts).some((count) => count > 0)) return false;
  }
  return true;
}
