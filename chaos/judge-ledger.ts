/** Judges what the ledger says, item by item and batch by batch, by the vendor's books and by a recount. */
import type { Session } from '../src/app/session.ts';
import type { Batch } from '../src/shared/ledger/batch.ts';
import type { Item } from '../src/shared/ledger/item.ts';
import { itemStates } from '../src/shared/ledger/states.ts';
import { budgetBatch, budgetOf, cancelledBatch } from './batches.ts';
import type { JudgedWorld, Violate } from './judge.ts';

interface VendorTask {
  readonly id: string;
  /** What it costs in the end. */
  readonly credits: number;
}

export async function judgeLedger(
  world: JudgedWorld,
  session: Session,
  items: readonly Item[],
  violate: Violate,
): Promise<void> {
  const tasks = tasksByLink(world);
  judgeCompleteness(world, items, violate);
  for (const item of items) judgeItem(world, item, tasks.get(item.url) ?? [], violate);
  for (const name of world.batches.keys()) {
    await judgeBatch(name, await session.ledger.batch(name), items, violate);
  }
  judgeBudget(world, items, tasks, violate);
  await judgeTotals(session, items, violate);
}

/** How many links have been paid for more than once. */
export function countPaidTwice(world: JudgedWorld): number {
  const paid = [...tasksByLink(world).values()].map((tasks) => tasks.filter(({ credits }) => credits > 0));
  return paid.filter((tasks) => tasks.length > 1).length;
}

function tasksByLink({ simulator }: JudgedWorld): Map<string, VendorTask[]> {
  const tasks = new Map<string, VendorTask[]>();
  for (const { id, link, credits } of simulator.orders()) {
    const known = tasks.get(link) ?? [];
    known.push({ id, credits });
    tasks.set(link, known);
  }
  return tasks;
}

function judgeCompleteness(world: JudgedWorld, items: readonly Item[], violate: Violate): void {
  const known = new Set(items.map(({ url }) => url));
  for (const [name, links] of world.batches) {
    const missing = links.filter((link) => !known.has(link));
    if (missing.length > 0)
      violate(`${missing.length} links of batch ${name} are in no batch: ${missing[0]}`);
  }
}

function judgeItem(world: JudgedWorld, item: Item, tasks: readonly VendorTask[], violate: Violate): void {
  const { id, state, reason, possiblyPaidTwice } = item;
  const say = (message: string) => violate(message, id);
  const isEnded = state === 'saved' || state === 'failed' || state === 'cancelled';
  if (!isEnded && state !== 'held') say(`has not come to an end: ${state}`);
  if (state === 'held' && world.policy !== 'hold') say('is held, although nobody has asked for that');
  if (state === 'cancelled' && item.batch !== cancelledBatch)
    say('is cancelled, although nobody has asked for that');

  const paid = tasks.filter(({ credits }) => credits > 0);
  if (paid.length > 1 && possiblyPaidTwice === 0) {
    say(`was paid ${paid.length} times, and is not counted as possibly paid twice`);
  }
  if (paid.length > 1 && world.policy === 'hold') say(`was paid ${paid.length} times under the policy hold`);
  const untold = paid.filter((task) => !item.taskIds.includes(task.id));
  const wasHeld = state === 'cancelled' && item.message?.includes('may have been paid') === true;
  const isUnsure = possiblyPaidTwice > 0 || state === 'held' || wasHeld || reason === 'attempts-exhausted';
  if (untold.length > 0 && !isUnsure) {
    say(`${untold.length} paid tasks are on record nowhere: ${untold.map((task) => task.id).join(', ')}`);
  }
  const madeUp = item.taskIds.filter((taskId) => tasks.every((task) => task.id !== taskId));
  if (madeUp.length > 0) say(`has tasks that the vendor made for another link: ${madeUp.join(', ')}`);

  const owed = tasks
    .filter((task) => item.taskIds.includes(task.id))
    .reduce((sum, { credits }) => sum + credits, 0);
  if (item.creditsSpent !== owed)
    say(`costs ${item.creditsSpent} credits in the ledger and ${owed} at the vendor`);

  const mayFail = ['rejected', 'generation-failed', 'attempts-exhausted', 'budget-exhausted'];
  if (state === 'failed' && !mayFail.includes(reason ?? '')) say(`failed as ${reason}: ${item.message}`);
  if (reason === 'budget-exhausted' && item.batch !== budgetBatch)
    say('ran out of a budget that it does not have');
  const wasPaid = paid.some((task) => item.taskIds.includes(task.id));
  if (state === 'failed' && wasPaid)
    say(`failed as ${reason} although a paid task with a result is known: ${item.message}`);
}

async function judgeBatch(
  name: string,
  batch: Batch | null,
  items: readonly Item[],
  violate: Violate,
): Promise<void> {
  if (batch === null) return violate(`batch ${name} is unknown`);
  const own = items.filter((item) => item.batch === name || item.otherBatches.includes(name));
  const say = (what: string, counted: number, recounted: number, least = recounted) => {
    if (counted < least - 1e-6 || counted > recounted + 1e-6) {
      violate(`batch ${name} counts ${counted} ${what}, a recount gives ${recounted}`);
    }
  };
  for (const state of itemStates) {
    say(state, batch.counts[state], own.filter((item) => item.state === state).length);
  }
  const sum = (of: (item: Item) => number) => own.reduce((total, item) => total + of(item), 0);
  // A batch that lists a link which was saved before spends nothing on it: only those of its own are sure to count.
  say(
    'credits',
    batch.creditsSpent,
    sum(({ creditsSpent }) => creditsSpent),
    sum((item) => (item.batch === name ? item.creditsSpent : 0)),
  );
  say(
    'bytes',
    batch.bytes,
    sum(({ bytes }) => bytes ?? 0),
  );
  say(
    'possibly paid twice',
    batch.possiblyPaidTwice,
    sum((item) => (item.possiblyPaidTwice > 0 ? 1 : 0)),
  );
  for (const [reason, count] of Object.entries(batch.failures)) {
    say(
      `failed as ${reason}`,
      count,
      own.filter((item) => item.reason === reason && item.state === 'failed').length,
    );
  }
  if (batch.isPaused && name !== cancelledBatch) violate(`batch ${name} was left paused`);
}

/** The price is known before each task is made, so the budget holds to the credit. */
function judgeBudget(
  world: JudgedWorld,
  items: readonly Item[],
  tasks: ReadonlyMap<string, readonly VendorTask[]>,
  violate: Violate,
): void {
  const spent = items
    .filter(({ batch }) => batch === budgetBatch)
    .flatMap(({ url }) => tasks.get(url) ?? [])
    .reduce((sum, { credits }) => sum + credits, 0);
  const budget = budgetOf(world.batches);
  if (spent > budget) violate(`${spent} credits were spent for a batch that may spend ${budget}`);
}

async function judgeTotals(session: Session, items: readonly Item[], violate: Violate): Promise<void> {
  const counts = await session.ledger.counts();
  for (const state of itemStates) {
    const recounted = items.filter((item) => item.state === state).length;
    if (counts[state] !== recounted) {
      violate(`all batches count ${counts[state]} ${state}, a recount gives ${recounted}`);
    }
  }
}
