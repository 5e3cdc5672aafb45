/**
 * The ledger: one record for every link, the truth about what has been paid, saved or failed. Producer,
 * worker and server read and change it only through here. Every change is one Lua script that checks the
 * state it comes from, keeps the batches' counters and is safe to repeat; jobs in the queues are no more
 * than wake-up calls for what stands here.
 */
import type { Inputs } from '../models/input-spec.ts';
import type { RedisConnection } from '../redis/script.ts';
import { createBinaryScript } from '../redis/script.ts';
import { type Batch, BatchError, checkBatchName, readBatch, readCounts, type StateCounts } from './batch.ts';
import { type ItemChanges, scriptArguments } from './changes.ts';
import { fields, type Item, readItem, usualFile } from './item.ts';
import {
  inputLetters,
  packInputs,
  referenceIn,
  type SharedInputs,
  sharedField,
  sharedInputs,
  unpackInputs,
} from './item-inputs.ts';
import { ledgerKeys } from './keys.ts';
import { ledgerScript } from './ledger-script.ts';
import { type ItemState, isEnded, itemStates, type TransitionName, transitions } from './states.ts';
import { unpackPage } from './unpack-page.ts';

export interface LedgerOptions {
  readonly redis: RedisConnection;
  /** With its hash tag, like `{kie-batch}`. */
  readonly prefix: string;
  /** The link that follows from an item id, if one does. */
  readonly shareUrl: (model: string, id: string) => string | null;
}

/** A link that its model takes. */
export interface LedgerLink {
  readonly id: string;
  readonly url: string;
  /** What its task gets beside the link and the model's defaults. Part of the id. */
  readonly inputs?: Inputs;
}

export type EnqueueAnswer = 'accepted' | 'duplicate' | 'already-saved';

export interface EnqueuedChunk {
  /** Redis's time, Unix milliseconds. */
  readonly at: number;
  /** In the order of the links. */
  readonly answers: readonly EnqueueAnswer[];
  /**
   * By how much this batch's count of saved items changed by the links alone: up by saved links it had not listed
   * before, down by saved ones that were forced.
   */
  readonly savedChange: number;
}

export interface EnqueueOptions {
  readonly since?: number;
  readonly force?: boolean;
  readonly inputs?: Inputs;
}

export interface Expectation {
  /** The transition only happens from this one of the states it may come from. */
  readonly state?: ItemState;
  /** … while this many create calls have counted. */
  readonly attempts?: number;
  /** … and while this is the latest task. */
  readonly taskId?: string;
}

/**
 * Why a transition did not happen, where it is not the state: the task id is on record already; the batch is paused
 * and the link waits in its backlog again; the batch's budget has no room now (`budget-wait`), or will have none any more (`budget-out`).
 */
export type Refusal = 'known-task' | 'task-of-another' | 'paused' | 'budget-wait' | 'budget-out';

/** Whether a transition happened; if not, the state the item is in (null: no such item). */
export type Moved =
  /** `isDearer`: the batch was paused, as its tasks cost more than was announced. */
  | { readonly moved: true; readonly isDearer?: true }
  | { readonly moved: false; readonly state: ItemState | null; readonly refusal?: Refusal };

export interface Taken {
  readonly ids: readonly string[];
  /** Batches that cannot continue: their budget is used up, and no task of theirs is under way. */
  readonly exhausted: readonly string[];
}

export type Ledger = ReturnType<typeof createLedger>;

const answerOf: Readonly<Record<string, EnqueueAnswer>> = {
  a: 'accepted',
  r: 'accepted',
  d: 'duplicate',
  s: 'already-saved',
  j: 'already-saved',
};
/** How long past its own time a job may be late before the sweep makes it again. */
const graceMs = 60_000;
const noInputs: Inputs = {};
/** Pages of items that are read before they are wanted: a Redis that is far away is not waited for each time. */
const pagesAhead = 4;

export function createLedger({ redis, prefix, shareUrl }: LedgerOptions) {
  const keys = ledgerKeys(prefix);
  const script = (name: string) => ledgerScript(redis, name);
  const [
    enqueueScript,
    moveScript,
    takeScript,
    overdueScript,
    holdScript,
    unaffordableScript,
    touchScript,
    returnScript,
  ] = [
    script('enqueue'),
    script('transition'),
    script('take'),
    script('overdue'),
    script('hold-batch'),
    script('take-unaffordable'),
    script('touch'),
    script('return-to-backlog'),
  ];
  const readItemsScript = createBinaryScript(redis, new URL('./scripts/read-items.lua', import.meta.url));
  const fieldLetters = [...Object.values(fields), ...inputLetters];
  const firstInputs = fieldLetters.length - inputLetters.length;
  const knownBatches = new Map<string, { model: string; root: string }>();
  const knownInputs = new Map<string, string>();

  /** The fixed settings of a batch, read once a process. */
  async function settingsOf(name: string): Promise<{ model: string; root: string }> {
    const known = knownBatches.get(name);
    if (known) return known;
    const [model, root] = await redis.hmget(keys.batch(name), 'model', 'root');
    const settings = { model: model ?? '', root: root ?? '' };
    if (model) knownBatches.set(name, settings);
    return settings;
  }

  async function fromRecord(id: string, values: readonly (Buffer | null)[]): Promise<Item | null> {
    const batch = values[1]?.toString();
    if (batch === undefined) return null;
    const { model, root } = knownBatches.get(batch) ?? (await settingsOf(batch));
    const inputs = await inputsOf(batch, values.slice(firstInputs));
    return readItem(id, values, { model, root, shareUrl: shareUrl(model, id), inputs });
  }

  async function inputsOf(batch: string, parts: readonly (Buffer | null)[]): Promise<Inputs> {
    if (parts[0] === null) return noInputs;
    const text = Buffer.concat(parts.filter((part) => part !== null)).toString();
    const reference = referenceIn(text);
    return unpackInputs(text, reference === null ? null : await sharedTextOf(batch, reference));
  }

  /** What links of a batch share; it never changes under its reference. */
  async function sharedTextOf(batch: string, reference: string): Promise<string | null> {
    const field = sharedField(reference);
    const name = `${batch} ${field}`;
    const known = knownInputs.get(name) ?? (await redis.hget(keys.batch(batch), field));
    if (known !== null) knownInputs.set(name, known);
    return known;
  }

  /**
   * Makes a batch or joins the one of that name.
   * @param settings.root where its files lie, a folder or `s3://…`, ending in `/`
   * @param settings.priority turns it gets where others get one; unset: as it is, else 1
   * @throws BatchError when the name is unusable or belongs to another model
   */
  async function openBatch(
    name: string,
    settings: { readonly model: string; readonly root: string; readonly priority?: number | undefined },
  ): Promise<void> {
    checkBatchName(name);
    await redis.hsetnx(keys.batch(name), 'model', settings.model);
    await redis.hsetnx(keys.batch(name), 'root', settings.root);
    const { model } = await settingsOf(name);
    if (model === settings.model) {
      if (settings.priority !== undefined)
        await redis.hset(keys.batch(name), 'weight', String(settings.priority));
      return;
    }
    throw new BatchError(
      `batch "${name}" holds links for the model ${model}; choose another --batch name for ${settings.model}`,
    );
  }

  /**
   * Takes links into a batch that has been opened. A link is one item, however often and in however many batches it is given.
   * @param links at most a few thousand, as Redis answers nobody else meanwhile
   * @param options.since when the present run began (Redis's time): what was saved later is a duplicate of this run's
   * @param options.force take ended items again, to be paid again
   * @param options.inputs what most of the links have among theirs, to be stored once
   */
  async function enqueue(
    batch: string,
    links: readonly LedgerLink[],
    options: EnqueueOptions = {},
  ): Promise<EnqueuedChunk> {
    const { model } = await settingsOf(batch);
    const shared: SharedInputs | null = sharedInputs(options.inputs ?? noInputs);
    const rows = links.flatMap(({ id, url, inputs = noInputs }) => [
      id,
      url === shareUrl(model, id) ? '' : url,
      packInputs(inputs, shared),
    ]);
    const sharedArguments = shared === null ? ['', ''] : [sharedField(shared.reference), shared.text];
    const [at, letters] = (await enqueueScript(
      [keys.batch(batch), keys.items(batch), keys.backlog(batch), keys.counts, keys.batches, keys.rotation],
      [prefix, batch, options.since ?? '', options.force ? '1' : '', ...sharedArguments, ...rows],
    )) as [number, string];
    const answers = [...letters].map((letter) => answerOf[letter] ?? 'duplicate');
    const count = (wanted: string) => [...letters].filter((letter) => letter === wanted).length;
    return { at, answers, savedChange: count('j') - count('r') };
  }

  /**
   * Takes waiting items out of the backlogs, batch by batch in turn, until `wanted` stand at the gate; each needs
   * a job now.
   * @param haltedModels their batches are passed over
   * @param only take from this batch alone
   */
  async function take(
    wanted: number,
    haltedModels: readonly string[] = [],
    only: string | null = null,
  ): Promise<Taken> {
    const [ids, exhausted] = (await takeScript(
      [keys.rotation, keys.active, keys.atGate],
      [prefix, wanted, graceMs, only ?? '', ...haltedModels],
    )) as [string[], string[]];
    return { ids, exhausted };
  }

  /** Waiting items of a batch whose budget is used up for good; the caller ends each. */
  async function takeUnaffordable(batch: string, count: number): Promise<string[]> {
    return (await unaffordableScript(
      [keys.batch(batch), keys.backlog(batch), keys.rotation, keys.active],
      [batch, count, graceMs, prefix],
    )) as string[];
  }

  /** A link that was handed out to somebody who does not work on its batches waits in their backlogs again. */
  async function returnToBacklog(id: string): Promise<void> {
    await returnScript([keys.item(id), keys.active, keys.atGate, keys.rotation], [prefix, id]);
  }

  /** Batches that have links to hand out and are not paused, the next one first. */
  async function waitingBatches(count: number): Promise<string[]> {
    return redis.zrange(keys.rotation, '0', String(count - 1));
  }

  /** An item that cannot get through gives up its place at the gate: another may be handed out. */
  async function leaveGate(id: string): Promise<void> {
    await redis.srem(keys.atGate, id);
  }

  /** Items nobody has looked after in time; each is handed to one caller, who makes its job again. */
  async function overdue(count: number): Promise<string[]> {
    return (await overdueScript([keys.active], [count, graceMs])) as string[];
  }

  /**
   * Moves an item along one of the ways in states.ts.
   * @param nextLookMs when the item's next job runs, from now; keeps the sweep from making it twice
   */
  async function move(
    name: TransitionName,
    id: string,
    changes: ItemChanges = {},
    { nextLookMs = 0, expect = {} }: { readonly nextLookMs?: number; readonly expect?: Expectation } = {},
  ): Promise<Moved> {
    const { from, to } = transitions[name];
    const attention = isEnded(to) || to === 'held' ? '' : Math.round(nextLookMs) + graceMs;
    return change(id, { from, to, attention }, changes, expect);
  }

  /** Changes what is recorded of an item without moving it. */
  async function note(id: string, changes: ItemChanges, expect: Expectation = {}): Promise<Moved> {
    return change(id, { from: itemStates, to: '', attention: 'same' }, changes, expect);
  }

  async function change(
    id: string,
    way: { from: readonly ItemState[]; to: ItemState | ''; attention: string | number },
    changes: ItemChanges,
    expect: Expectation,
  ): Promise<Moved> {
    const { state: expected } = expect;
    const from = expected === undefined ? way.from : way.from.filter((state) => state === expected);
    const [moved, state, why] = (await moveScript(
      [keys.item(id), keys.counts, keys.active, keys.atGate],
      [
        prefix,
        id,
        from.join(','),
        way.to,
        expect.attempts ?? '',
        expect.taskId ?? '',
        way.attention,
        ...scriptArguments(changes),
      ],
    )) as [number, string, 'state' | 'dearer' | Refusal];
    if (moved === 1) return why === 'dearer' ? { moved: true, isDearer: true } : { moved: true };
    const known = itemStates.find((each) => each === state) ?? null;
    return { moved: false, state: known, ...(why === 'state' || why === 'dearer' ? {} : { refusal: why }) };
  }

  /** Says that the item's next job runs in `nextLookMs`, so that the sweep leaves it alone until then. */
  async function touch(id: string, nextLookMs: number): Promise<void> {
    await touchScript([keys.active], [id, Math.round(nextLookMs) + graceMs]);
  }

  async function item(id: string): Promise<Item | null> {
    return fromRecord(id, await redis.hmgetBuffer(keys.item(id), ...fieldLetters));
  }

  /** In the order of the ids; null where there is no such item. */
  async function statesOf(ids: readonly string[]): Promise<(ItemState | null)[]> {
    const found = await Promise.all(ids.map((id) => redis.hget(keys.item(id), fields.state)));
    return found.map((text) => itemStates.find((state) => state === text) ?? null);
  }

  /**
   * All items of a batch in the order they were given, in pages; memory stays flat. While one page is used the next
   * are on their way.
   */
  async function* items(batch: string, pageSize = 100): AsyncGenerator<Item[]> {
    const coming: Promise<Buffer>[] = [];
    let start = 0;
    const readAhead = () => {
      const reading = readPage(batch, start, pageSize);
      // Its failure is met when its turn comes; a caller who stops before must not leave it unhandled.
      reading.catch(() => undefined);
      coming.push(reading);
      start += pageSize;
    };
    while (coming.length < pagesAhead) readAhead();
    for (;;) {
      const packed = await coming.shift();
      // Unpacked when its turn has come: until then it is one object for the garbage collector instead of hundreds.
      const page = packed === undefined ? [] : unpackPage(packed, fieldLetters);
      if (page.length === 0) return;
      readAhead();
      const found: Item[] = [];
      for (const { id, values } of page) {
        const item = await fromRecord(id, values);
        if (item !== null) found.push(item);
      }
      yield found;
    }
  }

  async function readPage(batch: string, start: number, size: number): Promise<Buffer> {
    const packed = await readItemsScript([keys.items(batch)], [prefix, start, size]);
    if (!Buffer.isBuffer(packed)) throw new Error('Redis answered something else than a packed page');
    return packed;
  }

  /** Holds a batch back that has not begun: true when none of its links will be handed out until `startBatch`. */
  async function holdBatch(name: string): Promise<boolean> {
    const held = await holdScript([keys.batch(name), keys.backlog(name), keys.rotation], [name, 'hold']);
    return held === 1;
  }

  /** Lets a batch go that is held back; one that a person has paused stays paused. */
  async function startBatch(name: string): Promise<void> {
    await holdScript([keys.batch(name), keys.backlog(name), keys.rotation], [name, 'start']);
  }

  /**
   * The most credits a batch may spend, counting what it has spent already. The last one given stands.
   * @param price what each task is expected to cost; null where that differs or is not known
   */
  async function setBudget(name: string, budget: number, price: number | null): Promise<void> {
    await redis.hset(keys.batch(name), 'budget', String(budget));
    if (price === null) await redis.hdel(keys.batch(name), 'price');
    else await redis.hset(keys.batch(name), 'price', String(price));
  }

  /** What people were told that a task costs, null where it differs; more than that pauses the batch. */
  async function announcePrice(name: string, credits: number | null): Promise<void> {
    await redis.hdel(keys.batch(name), 'agreed', 'announced');
    if (credits !== null) await redis.hset(keys.batch(name), 'announced', String(credits));
  }

  /** For batches about whose price nobody is asked: what was announced first stands, until a person agrees to another. */
  async function announceFirstPrice(name: string, credits: number): Promise<void> {
    await redis.hsetnx(keys.batch(name), 'announced', String(credits));
  }

  async function budgetOf(name: string): Promise<number | null> {
    const budget = await redis.hget(keys.batch(name), 'budget');
    return budget === null ? null : Number(budget);
  }

  async function batch(name: string): Promise<Batch | null> {
    return readBatch(name, await redis.hgetall(keys.batch(name)));
  }

  /** Names of all batches, the oldest first. */
  async function batchNames(): Promise<string[]> {
    return redis.zrange(keys.batches, '0', '-1');
  }

  /** Items by state over all batches, each counted once. */
  async function counts(): Promise<StateCounts> {
    return readCounts(await redis.hgetall(keys.counts));
  }

  /** What to store as the place of a saved file: null when it is the usual one. */
  async function storedFile(batch: string, id: string, file: string): Promise<string | null> {
    const { root } = await settingsOf(batch);
    return file === usualFile(root, batch, id) ? null : file;
  }

  /** Redis's clock, Unix milliseconds: the one time all processes share. */
  async function now(): Promise<number> {
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  return {
    openBatch,
    enqueue,
    take,
    takeUnaffordable,
    returnToBacklog,
    waitingBatches,
    leaveGate,
    overdue,
    move,
    note,
    touch,
    item,
    statesOf,
    items,
    holdBatch,
    startBatch,
    setBudget,
    announcePrice,
    announceFirstPrice,
    budgetOf,
    batch,
    batchNames,
    counts,
    storedFile,
    now,
  };
}
