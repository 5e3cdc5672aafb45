/**
 * What must hold when the trouble is over and everything has come to its end. The vendor's own books, the ledger and
 * the disk are asked, and compared. A violation says in full what does not hold.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Session } from '../src/app/session.ts';
import { stages } from '../src/shared/jobs/catalogue.ts';
import { type Batch, unfinished } from '../src/shared/ledger/batch.ts';
import type { Item } from '../src/shared/ledger/item.ts';
import { itemStates } from '../src/shared/ledger/states.ts';
import { MARK_FILE } from '../src/shared/storage/storage-mark.ts';
import { budgetBatch, budgetOf, cancelledBatch } from './batches.ts';
import { apiKey, prefix, type World } from './world.ts';

export interface Violation {
  readonly message: string;
  /** The item it is about, if it is about one. */
  readonly itemId: string | null;
}

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly items: readonly Item[];
  readonly facts: Readonly<Record<string, number>>;
}

interface VendorTask {
  readonly id: string;
  /** What it costs in the end. */
  readonly credits: number;
}

export async function judge(world: World, session: Session, redis: Redis): Promise<Judgement> {
  const violations: Violation[] = [];
  const violate: Violate = (message, itemId = null) => void violations.push({ message, itemId });
  const items = new Map<string, Item>();
  for (const name of world.batches.keys()) {
    for await (const page of session.ledger.items(name)) for (const item of page) items.set(item.id, item);
  }
  const tasks = tasksByLink(world);
  judgeCompleteness(world, items, violate);
  for (const item of items.values()) judgeItem(world, item, tasks.get(item.url) ?? [], violate);
  for (const name of world.batches.keys()) {
    await judgeBatch(name, await session.ledger.batch(name), [...items.values()], violate);
  }
  judgeBudget(world, [...items.values()], tasks, violate);
  await judgeTotals(session, [...items.values()], violate);
  await judgeDisk(world, [...items.values()], violate);
  await judgeRedis(session, redis, violate);
  await judgeProcesses(world, violate);
  const counts = world.simulator.counts();
  if (counts.keyLeaks > 0)
    violate(`the API key was sent to the host of the results ${counts.keyLeaks} times`);
  const all = [...items.values()];
  const paidFor = [...tasks.values()].map((of) => of.filter(({ credits }) => credits > 0).length);
  return {
    violations,
    items: all,
    facts: {
      links: all.length,
      ...Object.fromEntries(
        itemStates.map((state) => [state, all.filter((item) => item.state === state).length]),
      ),
      possiblyPaidTwice: all.filter(({ possiblyPaidTwice }) => possiblyPaidTwice > 0).length,
      paidTwice: paidFor.filter((count) => count > 1).length,
      tasks: counts.tasks,
      createCalls: counts.createCalls,
      queries: counts.queries,
      refused: counts.refused,
      creditsOfVendor: counts.creditsSpent,
      creditsOfLedger: all.reduce((sum, { creditsSpent }) => sum + creditsSpent, 0),
      callbacks: counts.callbacks.delivered,
    },
  };
}

type Violate = (message: string, itemId?: string | null) => void;

function tasksByLink({ simulator }: World): Map<string, VendorTask[]> {
  const tasks = new Map<string, VendorTask[]>();
  for (const { id, link, credits } of simulator.orders()) {
    const known = tasks.get(link) ?? [];
    known.push({ id, credits });
    tasks.set(link, known);
  }
  return tasks;
}

function judgeCompleteness(world: World, items: ReadonlyMap<string, Item>, violate: Violate): void {
  const known = new Set([...items.values()].map(({ url }) => url));
  for (const [name, links] of world.batches) {
    const missing = links.filter((link) => !known.has(link));
    if (missing.length > 0)
      violate(`${missing.length} links of batch ${name} are in no batch: ${missing[0]}`);
  }
}

function judgeItem(world: World, item: Item, tasks: readonly VendorTask[], violate: Violate): void {
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
  const isUnsure = possiblyPaidTwice > 0 || state === 'held' || reason === 'attempts-exhausted';
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
  world: World,
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

const sidecarSchema = z.looseObject({
  taskId: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  sourceSha256: z.string(),
});

async function judgeDisk(
  { videos, simulator }: World,
  items: readonly Item[],
  violate: Violate,
): Promise<void> {
  const found = await readdir(videos, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Set(
    found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name)),
  );
  files.delete(join(videos, MARK_FILE));
  for (const item of items) {
    if (item.state !== 'saved' || item.file === null) continue;
    const base = item.file.replace(/\.[a-z0-9]+$/, '');
    const own = [...files].filter((file) => isOf(file, base));
    for (const file of own) files.delete(file);
    const results = own.filter((file) => !file.endsWith('.json'));
    if (!results.includes(item.file)) violate(`its file ${item.file} is not there`, item.id);
    for (const file of results) await judgeFile(file, item, simulator, violate);
  }
  for (const file of files) violate(`the file ${file} belongs to no saved link`);
}

/** `base.mp4`, `base-2.mp4`, and the sidecars. */
function isOf(file: string, base: string): boolean {
  return file.startsWith(base) && /^(?:-\d+)?\.[a-z0-9]+$/.test(file.slice(base.length));
}

async function judgeFile(
  file: string,
  item: Item,
  simulator: World['simulator'],
  violate: Violate,
): Promise<void> {
  const say = (message: string) => violate(`${file}: ${message}`, item.id);
  const stored = await readFile(file);
  const text = await readFile(file.replace(/\.[a-z0-9]+$/, '.json'), 'utf8').catch(() => '');
  const sidecar = sidecarSchema.safeParse(text === '' ? null : JSON.parse(text));
  if (!sidecar.success) return say('its sidecar is missing or unreadable');
  const { taskId, sha256, sourceSha256, bytes } = sidecar.data;
  if (bytes !== stored.length || sha256 !== hashOf(stored)) say('is not what its sidecar says');
  if (file === item.file && item.sha256 !== sha256) say('is not what the ledger says');
  if (!item.taskIds.includes(taskId)) say(`comes from the task ${taskId}, which is not this link's`);
  const index =
    Number(/-(\d+)\.[a-z0-9]+$/.exec(file.slice(file.lastIndexOf(item.id) + item.id.length))?.[1] ?? 1) - 1;
  const source = sourceOf(simulator, taskId, index);
  if (source === null) return say('the vendor knows no such result');
  if (!stored.subarray(0, source.length).equals(source)) say('does not hold the bytes of the result');
  if (sourceSha256 !== hashOf(source)) say('has another hash of the received bytes');
}

function sourceOf(simulator: World['simulator'], taskId: string, index: number): Buffer | null {
  try {
    return simulator.resultBytesOf(taskId, index);
  } catch {
    return null;
  }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Nothing is left that waits for somebody. */
async function judgeRedis({ queues }: Session, redis: Redis, violate: Violate): Promise<void> {
  for (const stage of stages) {
    const queue = await queues.queue(stage);
    const left = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed', 'completed');
    for (const [kind, count] of Object.entries(left)) {
      if (count > 0) violate(`${count} jobs are left in ${stage}: ${kind}`);
    }
  }
  const sizes: [string, Promise<number>][] = [
    ['active', redis.zcard(`${prefix}:active`)],
    ['at-gate', redis.scard(`${prefix}:at-gate`)],
    ['rotation', redis.zcard(`${prefix}:rotation`)],
    ['halts', redis.hlen(`${prefix}:halts`)],
  ];
  for (const [name, size] of sizes) {
    const count = await size;
    if (count > 0) violate(`${count} entries are left in ${name}`);
  }
  for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: 1000 })) {
    for (const key of keys.map(String)) {
      const isTemporary = /:memory$|:lock$|:claims:|:backlog$/.test(key);
      // Claims that were judged are remembered for a day, by an expiry.
      if (isTemporary && (await redis.pttl(key)) < 0) violate(`the key ${key} is left`);
    }
  }
}

async function judgeProcesses({ workers, runner, server }: World, violate: Violate): Promise<void> {
  if (!runner.isDone()) violate('`run` has not ended, although its batch has');
  for (const { name, oddEnds, log } of [...workers, runner, server]) {
    for (const { code, output: said } of oddEnds) {
      // One that cannot begin says so; who started it starts it again.
      const couldNotBegin = code === 2 && /^error: .*Redis/m.test(said);
      if (!couldNotBegin) violate(`${name} ended with ${code}:\n${said}`);
    }
    if ((await log()).includes(apiKey)) violate(`${name} has said the API key`);
  }
}

/** Whether nothing is under way any more, tasks beside the followed ones included. */
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
