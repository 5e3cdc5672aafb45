/**
 * Waits for the end of links and batches, for `createProducer`. It polls Redis, first every second and less often if an
 * answer takes long: nothing is missed when a connection is lost, and a program may start to wait at any time, also
 * after the end. Aborting only ends the wait; the work continues.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, unfinished } from '../shared/ledger/batch.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { activeStates } from '../shared/ledger/states.ts';

const leastWaitMs = 1000;
/** A pass over a large batch uses a share of the time, not all of it. */
const waitPerPass = 10;

/**
 * Polls until there is an answer.
 * @throws the signal's reason when it is aborted
 */
export async function askUntil<Answer>(
  ask: () => Promise<Answer | undefined>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  for (;;) {
    signal?.throwIfAborted();
    const startedAt = performance.now();
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(startedAt, signal);
  }
}

/** Whether only a person's command can change it. */
export function hasEnded({ state }: { readonly state: string }): boolean {
  return !activeStates.some((each) => each === state);
}

/**
 * Each link of a batch once, when it has ended or is held, starting with those that had already ended. Ends with the
 * batch.
 */
export async function* itemsAsTheyEnd(
  name: string,
  ledger: Pick<Ledger, 'batch' | 'items'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item> {
  const told = new Set<string>();
  let before: string | null = null;
  for (;;) {
    signal?.throwIfAborted();
    const startedAt = performance.now();
    // Read before the links: what ends during the pass changes the counts of the next one.
    const batch = await ledger.batch(name);
    if (batch === null) return;
    const counts = JSON.stringify(batch.counts);
    if (counts !== before) yield* endedItems(name, ledger, told);
    if (isOver(batch)) return;
    before = counts;
    await pause(startedAt, signal);
  }
}

async function* endedItems(
  name: string,
  ledger: Pick<Ledger, 'items'>,
  told: Set<string>,
): AsyncGenerator<Item> {
  for await (const page of ledger.items(name)) {
    for (const item of page) {
      if (!hasEnded(item) || told.has(item.id)) continue;
      told.add(item.id);
      yield item;
    }
  }
}

function isOver({ counts }: Batch): boolean {
  return unfinished(counts) === 0;
}

async function pause(startedAt: number, signal: AbortSignal | undefined): Promise<void> {
  const passMs = performance.now() - startedAt;
  await sleep(Math.max(leastWaitMs, waitPerPass * passMs), undefined, signal ? { signal } : {}).catch(() =>
    signal?.throwIfAborted(),
  );
}
