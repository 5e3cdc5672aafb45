/**
 * The ledger compared with a model of it: random commands of workers, callbacks and persons, in any interleaving, with
 * calls whose answers arrive late, twice or never. The caller of a command may die before or after any call to the
 * ledger, and another one repeats the command. After each command the ledger must agree with the model and with a
 * recount, must have counted the cost of each task once, and must have lost no item. The model does not read the table
 * of states.ts; the last test compares the two, and the diagram.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelBatch } from '../../../src/producer/cancel-batch.ts';
import { type BatchOperations, createBatchOperations } from '../../../src/shared/ledger/batch-operations.ts';
import { recordFoundTask } from '../../../src/shared/ledger/found-task.ts';
import { createLedger, type Ledger } from '../../../src/shared/ledger/ledger.ts';
import { itemStates, transitions } from '../../../src/shared/ledger/states.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

type State = (typeof itemStates)[number];

/** Where an item may go from each state, as the product promises it. */
const edges: Readonly<Record<State, readonly State[]>> = {
  queued: ['submitting', 'processing', 'failed', 'cancelled'],
  submitting: ['submitting', 'processing', 'queued', 'held', 'failed', 'cancelled'],
  processing: ['processing', 'held', 'queued', 'downloading', 'failed', 'cancelled'],
  downloading: ['saved', 'failed', 'cancelled'],
  saved: ['queued', 'downloading'],
  failed: ['queued', 'processing', 'downloading'],
  cancelled: ['queued', 'processing', 'downloading'],
  held: ['processing', 'cancelled', 'queued'],
};

interface Call {
  readonly id: string;
  readonly attempt: number;
  readonly taskId: string;
}

interface ModelItem {
  state: State;
  home: string;
  others: string[];
  attempts: number;
  tasks: string[];
  unsure: number;
  reason: string | null;
  isCompleted: boolean;
  /** Once saved it is only fetched again, and cannot be cancelled meanwhile. */
  wasSaved: boolean;
  /** What each of its tasks has cost, as it was said last. */
  readonly costs: Map<string, number>;
  /** Secondary tasks. */
  readonly beside: Set<string>;
  readonly countedBeside: Set<string>;
  /** Secondary tasks that may be followed. */
  spares: string[];
}

interface Model {
  readonly items: Map<string, ModelItem>;
  readonly paused: Set<string>;
  readonly stopped: Set<string>;
  /** Create calls that have left, answered or not. */
  readonly calls: Call[];
  readonly spent: Map<string, number>;
}

interface Real {
  readonly ledger: Ledger;
  readonly operations: BatchOperations;
  readonly redis: Redis;
  readonly prefix: string;
  readonly seen: Set<string>;
  /** An earlier caller died during this command: it may already have been carried out. */
  readonly isRepeated?: boolean;
}

/** When the caller of a command dies: at which of its calls, before it arrived or after it took effect. */
interface Crash {
  readonly call: number;
  readonly when: 'before' | 'after';
}
class Died extends Error {}

function dyingAt<T extends object>(target: T, { call, when }: Crash, calls: { made: number }): T {
  return new Proxy(target, {
    get(owner, name) {
      const method: unknown = Reflect.get(owner, name);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]) => {
        const isLast = calls.made === call;
        calls.made += 1;
        if (isLast && when === 'before') throw new Died();
        const answer: unknown = await Reflect.apply(method, owner, given);
        if (isLast) throw new Died();
        return answer;
      };
    },
  });
}

const ids = ['s_a', 's_b', 's_c'] as const;
const batches = ['one', 'two'] as const;
const [price, budget] = [10, 45];
/** The batch that has the budget. */
const limited = 'one';
const estimate = { credits: price, base: price };
const collectable = ['download-failed', 'result-invalid', 'task-timeout'];
const linkOf = (id: string) => ({ id, url: `https://sora.chatgpt.com/p/${id}` });
const lastOf = (item: ModelItem) => item.tasks.at(-1);

/** One command, for the model and for the ledger, whose answers must agree. */
class Command implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #act: (model: Model, real: Real) => Promise<void>;
  readonly #crash: Crash | null;
  constructor(name: string, act: (model: Model, real: Real) => Promise<void>, crash: Crash | null = null) {
    this.#name = name;
    this.#act = act;
    this.#crash = crash;
  }
  with = (crash: Crash | null) => new Command(this.#name, this.#act, crash);
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const before = new Map([...model.items].map(([id, { state }]) => [id, state]));
    const hasDied = await this.#dies(model, real);
    await this.#act(model, { ...real, isRepeated: hasDied });
    for (const [id, { state }] of model.items) {
      const from = before.get(id);
      if (from !== undefined && from !== state) real.seen.add(`${from} ${state}`);
    }
    await expectAgreement(model, real);
  }
  /** The model is told nothing: only the second try ends. */
  async #dies(model: Model, real: Real): Promise<boolean> {
    if (this.#crash === null) return false;
    const calls = { made: 0 };
    const ledger = dyingAt(real.ledger, this.#crash, calls);
    const operations = dyingAt(real.operations, this.#crash, calls);
    await this.#act(structuredClone(model), { ...real, ledger, operations, isRepeated: true }).catch(
      (error: unknown) => {
        if (!(error instanceof Died)) throw error;
      },
    );
    return true;
  }
  toString = () => {
    const { call, when } = this.#crash ?? {};
    return when === undefined ? this.#name : `${this.#name} (dies ${when} call ${call})`;
  };
}

async function expectAgreement(model: Model, real: Real): Promise<void> {
  const { ledger, redis, prefix } = real;
  for (const [id, wanted] of model.items) {
    const item = await ledger.item(id);
    expect({
      id,
      state: item?.state,
      home: item?.batch,
      others: item?.otherBatches,
      attempts: item?.attempts,
      tasks: item?.taskIds,
      spares: item?.spareTasks,
      unsure: item?.possiblyPaidTwice,
      spent: item?.creditsSpent,
      wasSaved: item?.savedAt !== null,
    }).toEqual({
      id,
      state: wanted.state,
      home: wanted.home,
      others: wanted.others,
      attempts: wanted.attempts,
      tasks: wanted.tasks,
      spares: wanted.spares,
      unsure: wanted.unsure,
      spent: spentOn(wanted),
      wasSaved: wanted.wasSaved,
    });
  }
  const items = [...model.items.values()];
  const recount = (own: readonly ModelItem[]) =>
    Object.fromEntries(itemStates.map((state) => [state, own.filter((item) => item.state === state).length]));
  expect(await ledger.counts()).toEqual(recount(items));
  for (const name of batches) {
    const own = items.filter((item) => item.home === name || item.others.includes(name));
    const batch = await ledger.batch(name);
    expect({ name, ...batch?.counts }).toEqual({ name, ...recount(own) });
    expect(batch?.possiblyPaidTwice).toBe(own.filter(({ unsure }) => unsure > 0).length);
    expect(batch?.creditsSpent).toBe(model.spent.get(name) ?? 0);
  }
  await expectNoCreditLost(model, redis, prefix);
  await expectNobodyLost(model, redis, prefix);
}

/** What the batches have committed is what was spent, and what is reserved for tasks whose price is not known yet. */
async function expectNoCreditLost(model: Model, redis: Redis, prefix: string): Promise<void> {
  const committed = await Promise.all(batches.map((name) => committedOf(name, redis, prefix)));
  const open = await Promise.all(
    [...model.items.keys()].map((id) => redis.hmget(`${prefix}:item:${id}`, 'q', 'l')),
  );
  const spent = [...model.items.values()].map(spentOn);
  expect(sum(committed)).toBe(sum([...spent, ...open.flat().map(Number)]));
}

async function committedOf(batch: string, redis: Redis, prefix: string): Promise<number> {
  return Number((await redis.hget(`${prefix}:batch:${batch}`, 'committed')) ?? 0);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
const spentOn = ({ costs }: ModelItem) => sum([...costs.values()]);

/** The vendor says what a task costs: the item and every batch that lists it count it once. */
function say(model: Model, known: ModelItem, taskId: string, credits: number): void {
  const more = credits - (known.costs.get(taskId) ?? 0);
  known.costs.set(taskId, credits);
  for (const name of [known.home, ...known.others])
    model.spent.set(name, (model.spent.get(name) ?? 0) + more);
}

/** What had already happened when the caller died does not happen again. */
function expectMoved({ moved }: { readonly moved: boolean }, applies: boolean, { isRepeated }: Real): void {
  if (isRepeated) expect(moved && !applies).toBe(false);
  else expect(moved).toBe(applies);
}

/** A waiting item is where it is found: in a backlog of its batches, or in the active set. */
async function expectNobodyLost(model: Model, redis: Redis, prefix: string): Promise<void> {
  const underWay = new Set(await redis.zrange(`${prefix}:active`, '0', '-1'));
  for (const [id, { state, home, others }] of model.items) {
    if (state === 'queued') {
      const waiting = await Promise.all(
        [home, ...others].map((name) => redis.lrange(`${prefix}:batch:${name}:backlog`, 0, -1)),
      );
      expect(underWay.has(id) || waiting.flat().includes(id), `${id} waits somewhere`).toBe(true);
    } else if (['submitting', 'processing', 'downloading'].includes(state)) {
      expect(underWay.has(id), `${id} is looked after`).toBe(true);
    } else {
      expect(underWay.has(id), `${id} is done with`).toBe(false);
    }
  }
}

const item = (model: Model, id: string) => model.items.get(id);

function enqueue(batch: string, id: string, force: boolean): Command {
  return new Command(`enqueue ${id} into ${batch}${force ? ' by force' : ''}`, async (model, real) => {
    const since = force ? (await real.ledger.now()) + 1 : 0;
    await real.ledger.enqueue(batch, [linkOf(id)], { since, force });
    const known = item(model, id);
    if (known === undefined) {
      model.stopped.delete(batch);
      model.items.set(id, {
        state: 'queued',
        home: batch,
        others: [],
        attempts: 0,
        tasks: [],
        unsure: 0,
        reason: null,
        isCompleted: false,
        wasSaved: false,
        costs: new Map(),
        beside: new Set(),
        countedBeside: new Set(),
        spares: [],
      });
    } else if (force && ['saved', 'failed', 'cancelled'].includes(known.state)) {
      const before = [known.home, ...known.others].filter((name) => name !== batch);
      if (known.home !== batch) Object.assign(known, { home: batch, others: before });
      Object.assign(known, {
        state: 'queued',
        attempts: 0,
        reason: null,
        isCompleted: false,
        wasSaved: false,
      });
      model.stopped.delete(batch);
    } else if (known.home !== batch && !known.others.includes(batch)) {
      known.others.push(batch);
      // For a link that was saved before, the batch spends nothing.
      if (known.state !== 'saved') model.spent.set(batch, (model.spent.get(batch) ?? 0) + spentOn(known));
      if (known.state === 'queued') model.stopped.delete(batch);
    }
  });
}

const take = new Command('links are handed out', async (model, { ledger }) => {
  const taken = await ledger.take(2);
  for (const id of taken.ids) expect(item(model, id)?.state).toBe('queued');
});

function begin(id: string): Command {
  return new Command(`a create call for ${id} leaves`, async (model, real) => {
    const known = item(model, id);
    const all = known === undefined ? [] : [known.home, ...known.others];
    const runs = all.find((name) => !model.paused.has(name)) ?? '';
    const before = await committedOf(runs, real.redis, real.prefix);
    const moved = await real.ledger.move('beginSubmit', id, {
      submitter: 'w',
      stamp: ['submittedAt'],
      reserveCredits: estimate,
    });
    if (known?.state !== 'queued') return expect(moved.moved).toBe(false);
    if (runs === '') return expect(moved).toMatchObject({ refusal: 'paused' });
    known.home = runs;
    known.others = all.filter((name) => name !== runs);
    const hasRoom = runs !== limited || before + price <= budget;
    if (!hasRoom && !real.isRepeated)
      return expect(moved).toMatchObject({ refusal: expect.stringMatching(/^budget-/) });
    // A caller that died may have used the last of the budget.
    if (!hasRoom && (await real.ledger.item(id))?.state !== 'submitting') return;
    expectMoved(moved, true, real);
    known.state = 'submitting';
    model.calls.push({ id, attempt: known.attempts + 1, taskId: `task-${model.calls.length}-of-${id}` });
  });
}

/** The answer to any call that was ever sent: also one that counts as lost, and one that was already answered. */
function answer(which: number, by: 'answer' | 'callback'): Command {
  return new Command(`the ${by} to call ${which} comes`, async (model, { ledger }) => {
    const call = model.calls[which % Math.max(1, model.calls.length)];
    if (call === undefined) return;
    await recordFoundTask(ledger, call.id, { taskId: call.taskId, attempt: call.attempt, by });
    const known = item(model, call.id);
    if (known === undefined) return;
    if (!known.tasks.includes(call.taskId)) recordInModel(known, call);
    else if (by === 'answer' && known.state === 'submitting' && call.attempt > known.attempts) {
      known.state = 'processing';
      known.attempts += 1;
    }
  });
}

function recordInModel(known: ModelItem, { taskId, attempt }: Call): void {
  switch (known.state) {
    case 'submitting':
      known.attempts += attempt > known.attempts ? 1 : 0;
      known.tasks.push(taskId);
      known.state = 'processing';
      return;
    case 'queued':
      known.attempts += attempt > known.attempts ? 1 : 0;
      known.unsure = Math.max(0, known.unsure - 1);
      known.tasks.push(taskId);
      known.state = 'processing';
      return;
    case 'held':
      known.attempts += attempt > known.attempts ? 1 : 0;
      known.tasks.push(taskId);
      known.state = 'processing';
      return;
    case 'processing':
    case 'downloading':
      known.tasks.unshift(taskId);
      known.beside.add(taskId);
      known.spares.push(taskId);
      known.unsure = Math.max(1, known.unsure);
      return;
    case 'saved':
      known.tasks.unshift(taskId);
      known.beside.add(taskId);
      known.unsure = Math.max(1, known.unsure);
      return;
    case 'failed':
      if (collectable.includes(known.reason ?? '')) {
        known.tasks.unshift(taskId);
        known.beside.add(taskId);
        known.spares.push(taskId);
      } else {
        known.tasks.push(taskId);
        known.reason = 'task-timeout';
      }
      return;
    default:
      known.tasks.unshift(taskId);
      known.beside.add(taskId);
      known.spares.push(taskId);
  }
}

/** An item that returns to a cancelled batch is cancelled. */
function back(model: Model, known: ModelItem): void {
  known.state = known.others.length === 0 && model.stopped.has(known.home) ? 'cancelled' : 'queued';
}

/** A decision about a call that may be long answered: made with what was known then. */
function afterCall(which: number, how: 'lost' | 'refused' | 'throttled' | 'hold'): Command {
  return new Command(`call ${which} was ${how}`, async (model, real) => {
    const { ledger } = real;
    const call = model.calls[which % Math.max(1, model.calls.length)];
    if (call === undefined) return;
    const expectation = { expect: { attempts: call.attempt - 1 } };
    const moved = await (how === 'hold'
      ? ledger.move(
          'hold',
          call.id,
          { addAttempts: 1 },
          { expect: { ...expectation.expect, state: 'submitting' } },
        )
      : ledger.move(
          'submitLater',
          call.id,
          {
            ...(how === 'throttled' ? { staysAtGate: true } : { addAttempts: 1 }),
            ...(how === 'lost' ? { addPossiblyPaidTwice: 1 } : { releaseCredits: true }),
          },
          expectation,
        ));
    const known = item(model, call.id);
    const applies = known?.state === 'submitting' && known.attempts === call.attempt - 1;
    expectMoved(moved, applies, real);
    if (known === undefined || !applies) return;
    if (how !== 'throttled') known.attempts += 1;
    if (how === 'lost') known.unsure += 1;
    if (how === 'hold') known.state = 'held';
    else back(model, known);
  });
}

function awaitCallback(id: string): Command {
  return new Command(`${id} waits for its callback`, async (model, real) => {
    const moved = await real.ledger.move('awaitCallback', id, { message: 'lost' });
    expectMoved(moved, item(model, id)?.state === 'submitting', real);
  });
}

/** The result of polling a task, also a secondary one. */
function taskEnds(
  which: number,
  how: 'running' | 'worth another' | 'billed' | 'well' | 'unknown',
  credits: number,
): Command {
  return new Command(`the task of call ${which} is seen: ${how}, ${credits} credits`, async (model, real) => {
    const { ledger } = real;
    const call = model.calls[which % Math.max(1, model.calls.length)];
    if (call === undefined) return;
    const expect = { taskId: call.taskId, state: 'processing' as const };
    const changes = {
      running: { chargeCredits: credits },
      'worth another': { releaseCredits: true },
      billed: { addCreditsSpent: credits },
      well: { addCreditsSpent: credits, stamp: ['completedAt'] as const },
      unknown: {},
    }[how];
    const ways = {
      'worth another': 'resubmit',
      billed: 'resubmit',
      well: 'beginDownload',
      unknown: 'hold',
    } as const;
    const moved =
      how === 'running'
        ? await ledger.note(call.id, changes, expect)
        : await ledger.move(ways[how], call.id, changes, { expect });
    const known = item(model, call.id);
    const applies = known?.state === 'processing' && lastOf(known) === call.taskId;
    expectMoved(moved, applies, real);
    if (known === undefined || !applies) return;
    if (how !== 'unknown' && !known.countedBeside.has(call.taskId))
      say(model, known, call.taskId, how === 'worth another' ? 0 : credits);
    if (how === 'running') return;
    if (how === 'well') {
      known.isCompleted = true;
      known.state = 'downloading';
    } else if (how === 'unknown') known.state = 'held';
    else back(model, known);
  });
}

function download(id: string, how: 'save' | 'staySaved' | 'fetchAgain'): Command {
  return new Command(`${id}: ${how}`, async (model, real) => {
    const known = item(model, id);
    // A link without a task has nothing to be fetched.
    if (how === 'fetchAgain' && known?.tasks.length === 0) return;
    const moved = await real.ledger.move(how, id, how === 'save' ? { stamp: ['savedAt'] } : {});
    const applies = known?.state === (how === 'fetchAgain' ? 'saved' : 'downloading');
    expectMoved(moved, applies, real);
    if (known === undefined || !applies) return;
    if (how === 'save') known.wasSaved = true;
    known.state = how === 'fetchAgain' ? 'downloading' : 'saved';
  });
}

function fail(id: string, reason: 'rejected' | 'task-timeout' | 'download-failed'): Command {
  return new Command(`${id} fails as ${reason}`, async (model, real) => {
    const moved = await real.ledger.move('fail', id, { reason });
    const known = item(model, id);
    const applies =
      known !== undefined && ['queued', 'submitting', 'processing', 'downloading'].includes(known.state);
    expectMoved(moved, applies, real);
    if (!applies) return;
    known.state = 'failed';
    known.reason = reason;
  });
}

/** The task that counts gave no result, and another one may have it. */
function followOther(id: string): Command {
  return new Command(`${id} follows another of its tasks`, async (model, real) => {
    const known = item(model, id);
    const spare = known?.spares.at(-1);
    if (known === undefined || spare === undefined) return;
    const { state } = known;
    const last = lastOf(known) ?? '';
    const expect = { taskId: last };
    const moved = await real.ledger.move(
      'followOther',
      id,
      { followedTaskId: spare, releaseCredits: true },
      { expect },
    );
    const applies = state === 'processing';
    expectMoved(moved, applies, real);
    if (!applies) return;
    if (!known.countedBeside.has(last)) say(model, known, last, 0);
    if (!known.countedBeside.has(spare)) known.beside.delete(spare);
    Object.assign(known, {
      state: 'processing',
      tasks: [...known.tasks.filter((task) => task !== spare), spare],
      spares: known.spares.filter((task) => task !== spare),
    });
  });
}

function pause(batch: string, how: 'pause' | 'resume'): Command {
  return new Command(`${batch}: ${how}`, async (model, { operations }) => {
    await operations[how](batch);
    if (how === 'pause') model.paused.add(batch);
    else model.paused.delete(batch);
  });
}

function cancel(batch: string, abandon: boolean): Command {
  return new Command(
    `${batch} is cancelled${abandon ? ', tasks and all' : ''}`,
    async (model, { operations }) => {
      await cancelBatch(batch, operations, { abandon });
      model.stopped.add(batch);
      model.paused.delete(batch);
      for (const known of model.items.values()) {
        if (known.home !== batch) continue;
        const isPaid = known.state === 'processing' || known.state === 'downloading';
        const isWaiting = known.state === 'queued' || known.state === 'held';
        if (!isWaiting && !(isPaid && abandon && !known.wasSaved)) continue;
        if (known.others.length === 0) known.state = 'cancelled';
        else if (known.state === 'queued') {
          const [heir = '', ...rest] = known.others;
          Object.assign(known, { home: heir, others: [...rest, batch] });
        }
      }
    },
  );
}

function retry(batch: string): Command {
  return new Command(`${batch} is retried`, async (model, { operations }) => {
    await operations.retryItems(batch, 0, 100);
    for (const known of model.items.values()) {
      if (known.home !== batch && !known.others.includes(batch)) continue;
      if (!['failed', 'cancelled', 'held'].includes(known.state)) continue;
      const hasTask =
        known.tasks.length > 0 &&
        (known.state === 'cancelled' ||
          (known.state === 'failed' && collectable.includes(known.reason ?? '')));
      if (hasTask) {
        known.state = known.isCompleted ? 'downloading' : 'processing';
        // It is the current task now: its cost is not also counted as that of a secondary task.
        const task = lastOf(known) ?? '';
        if (!known.isCompleted && !known.countedBeside.has(task)) known.beside.delete(task);
      } else {
        Object.assign(known, { state: 'queued', attempts: 0 });
        model.stopped.delete(known.home);
      }
      known.reason = null;
    }
  });
}

/** The record of a task that is not followed says what it has cost. */
function seenBeside(which: number, credits: number): Command {
  return new Command(`the task of call ${which} has cost ${credits} beside`, async (model, { ledger }) => {
    const call = model.calls[which % Math.max(1, model.calls.length)];
    if (call === undefined) return;
    const known = item(model, call.id);
    if (!known?.beside.has(call.taskId)) return;
    await ledger.note(call.id, { addCreditsSpentBeside: { taskId: call.taskId, credits } });
    if (known.countedBeside.has(call.taskId)) return;
    known.countedBeside.add(call.taskId);
    say(model, known, call.taskId, credits);
  });
}

const anyId = fc.constantFrom(...ids);
const anyBatch = fc.constantFrom(...batches);
const anyCall = fc.nat({ max: 11 });
const anyCredits = fc.constantFrom(3, 7, price);
/** Seldom, so that long walks are made too. */
const anyCrash = fc.option(
  fc.record({ call: fc.nat({ max: 3 }), when: fc.constantFrom('before' as const, 'after' as const) }),
  { freq: 4, nil: null },
);

const commands = [
  fc.tuple(anyBatch, anyId, fc.boolean()).map(([batch, id, force]) => enqueue(batch, id, force)),
  fc.constant(take),
  anyId.map(begin),
  anyId.map(begin),
  fc.tuple(anyCall, fc.constantFrom('answer' as const, 'callback' as const)).map((of) => answer(...of)),
  fc.tuple(anyCall, fc.constantFrom('answer' as const, 'callback' as const)).map((of) => answer(...of)),
  fc
    .tuple(
      anyCall,
      fc.constantFrom('lost' as const, 'refused' as const, 'throttled' as const, 'hold' as const),
    )
    .map((of) => afterCall(...of)),
  anyId.map(awaitCallback),
  fc
    .tuple(
      anyCall,
      fc.constantFrom(
        'running' as const,
        'worth another' as const,
        'billed' as const,
        'well' as const,
        'well' as const,
        'unknown' as const,
      ),
      anyCredits,
    )
    .map((of) => taskEnds(...of)),
  fc
    .tuple(anyId, fc.constantFrom('save' as const, 'staySaved' as const, 'fetchAgain' as const))
    .map((of) => download(...of)),
  fc
    .tuple(anyId, fc.constantFrom('rejected' as const, 'task-timeout' as const, 'download-failed' as const))
    .map((of) => fail(...of)),
  anyId.map(followOther),
  fc.tuple(anyBatch, fc.constantFrom('pause' as const, 'resume' as const)).map((of) => pause(...of)),
  fc.tuple(anyBatch, fc.boolean()).map((of) => cancel(...of)),
  fc.tuple(anyCall, anyCredits).map((of) => seenBeside(...of)),
  anyBatch.map(retry),
].map((command) => fc.tuple(command, anyCrash).map(([each, crash]) => each.with(crash)));

describe('the ledger and its model', () => {
  let redis: Redis;
  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });

  it('agree after every command, whatever arrives late, twice or never', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (given) => {
        const prefix = redisPrefix();
        const ledger = createLedger({ redis, prefix, shareUrl: () => null });
        for (const name of batches) {
          await ledger.openBatch(name, { model: 'm', root: '/' });
          // One task alone has shown what tasks cost.
          await redis.hset(`${prefix}:batch:${name}`, 'seen', '1');
        }
        await ledger.setBudget(limited, budget, null);
        const operations = createBatchOperations({ redis, prefix });
        await fc.asyncModelRun(
          () => ({
            model: {
              items: new Map(),
              paused: new Set<string>(),
              stopped: new Set<string>(),
              calls: [],
              spent: new Map<string, number>(),
            },
            real: { ledger, operations, redis, prefix, seen },
          }),
          given,
        );
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 120) },
    );
    const known = Object.entries(edges).flatMap(([from, to]) => to.map((each) => `${from} ${each}`));
    expect(known).toEqual(expect.arrayContaining([...seen]));
  });

  it('know the same ways as the table, which docs/states.md draws', () => {
    const table = new Set(
      Object.values(transitions).flatMap(({ from, to }) => from.map((each) => `${each} ${to}`)),
    );
    const known = Object.entries(edges).flatMap(([from, to]) => to.map((each) => `${from} ${each}`));
    const arrows = readFileSync('docs/states.md', 'utf8').matchAll(/^ {2}(\w+) --> (\w+):/gm);
    const drawn = new Set([...arrows].map(([, from, to]) => `${from} ${to}`));
    expect([...table].sort()).toEqual(known.sort());
    expect([...drawn].sort()).toEqual(known.sort());
  });
});
