/**
 * The ledger beside a model of it: random commands of workers, callbacks and persons, in any interleaving, with calls
 * whose answers come late, twice or never, and steps that are repeated after a crash. After each command the ledger
 * must stand where the model stands, count what a recount counts, and have lost nobody. The model does not read the
 * table of states.ts; the last test holds the two, and the diagram, equal.
 */
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
  processing: ['held', 'queued', 'downloading', 'failed', 'cancelled'],
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
}

interface Model {
  readonly items: Map<string, ModelItem>;
  readonly paused: Set<string>;
  readonly stopped: Set<string>;
  /** Create calls that have left, answered or not. */
  readonly calls: Call[];
}

interface Real {
  readonly ledger: Ledger;
  readonly operations: BatchOperations;
  readonly redis: Redis;
  readonly prefix: string;
  readonly seen: Set<string>;
}

const ids = ['s_a', 's_b', 's_c'] as const;
const batches = ['one', 'two'] as const;
const collectable = ['download-failed', 'result-invalid', 'task-timeout'];
const linkOf = (id: string) => ({ id, url: `https://sora.chatgpt.com/p/${id}` });
const lastOf = (item: ModelItem) => item.tasks.at(-1);

/** One thing that somebody does: to the model, and to the ledger, whose answers must agree. */
class Command implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #act: (model: Model, real: Real) => Promise<void>;
  constructor(name: string, act: (model: Model, real: Real) => Promise<void>) {
    this.#name = name;
    this.#act = act;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const before = new Map([...model.items].map(([id, { state }]) => [id, state]));
    await this.#act(model, real);
    for (const [id, { state }] of model.items) {
      const from = before.get(id);
      if (from !== undefined && from !== state) real.seen.add(`${from} ${state}`);
    }
    await expectAgreement(model, real);
  }
  toString = () => this.#name;
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
      unsure: item?.possiblyPaidTwice,
    }).toEqual({
      id,
      state: wanted.state,
      home: wanted.home,
      others: wanted.others,
      attempts: wanted.attempts,
      tasks: wanted.tasks,
      unsure: wanted.unsure,
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
  }
  await expectNobodyLost(model, redis, prefix);
}

/** Whoever waits stands where somebody looks: in a backlog of his batches, or among those under way. */
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
      });
    } else if (force && ['saved', 'failed', 'cancelled'].includes(known.state)) {
      const before = [known.home, ...known.others].filter((name) => name !== batch);
      if (known.home !== batch) Object.assign(known, { home: batch, others: before });
      Object.assign(known, { state: 'queued', attempts: 0, reason: null, isCompleted: false });
      model.stopped.delete(batch);
    } else if (known.home !== batch && !known.others.includes(batch)) {
      known.others.push(batch);
      if (known.state === 'queued') model.stopped.delete(batch);
    }
  });
}

const take = new Command('links are handed out', async (model, { ledger }) => {
  const taken = await ledger.take(2);
  for (const id of taken.ids) expect(item(model, id)?.state).toBe('queued');
});

function begin(id: string): Command {
  return new Command(`a create call for ${id} leaves`, async (model, { ledger }) => {
    const moved = await ledger.move('beginSubmit', id, { submitter: 'w', stamp: ['submittedAt'] });
    const known = item(model, id);
    if (known?.state !== 'queued') return expect(moved.moved).toBe(false);
    const all = [known.home, ...known.others];
    const runs = model.paused.has(known.home) ? all.find((name) => !model.paused.has(name)) : known.home;
    expect(moved.moved).toBe(runs !== undefined);
    if (runs === undefined) return expect(moved).toMatchObject({ refusal: 'paused' });
    known.home = runs;
    known.others = all.filter((name) => name !== runs);
    known.state = 'submitting';
    model.calls.push({ id, attempt: known.attempts + 1, taskId: `task-${model.calls.length}-of-${id}` });
  });
}

/** The answer to any call that has ever left: also one that was taken for lost, and one that has come before. */
function answer(which: number, by: 'answer' | 'callback'): Command {
  return new Command(`the ${by} to call ${which} comes`, async (model, { ledger }) => {
    const call = model.calls[which % Math.max(1, model.calls.length)];
    if (call === undefined) return;
    await recordFoundTask(ledger, call.id, { taskId: call.taskId, attempt: call.attempt, by });
    const known = item(model, call.id);
    if (known === undefined) return;
    if (!known.tasks.includes(call.taskId)) recordInModel(known, call);
    else if (by === 'answer' && known.state === 'submitting') {
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
      known.unsure = Math.max(0, known.unsure - 1);
      known.tasks.push(taskId);
      known.state = 'processing';
      return;
    case 'held':
      known.tasks.push(taskId);
      known.state = 'processing';
      return;
    case 'processing':
    case 'downloading':
    case 'saved':
      known.tasks.unshift(taskId);
      known.unsure = Math.max(1, known.unsure);
      return;
    case 'failed':
      if (collectable.includes(known.reason ?? '')) known.tasks.unshift(taskId);
      else {
        known.tasks.push(taskId);
        known.reason = 'task-timeout';
      }
      return;
    default:
      known.tasks.unshift(taskId);
  }
}

/** What comes back to a cancelled batch is cancelled. */
function back(model: Model, known: ModelItem): void {
  known.state = known.others.length === 0 && model.stopped.has(known.home) ? 'cancelled' : 'queued';
}

/** A decision about a call that may be long answered: made with what was known then. */
function afterCall(which: number, how: 'lost' | 'refused' | 'throttled' | 'hold'): Command {
  return new Command(`call ${which} was ${how}`, async (model, { ledger }) => {
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
            ...(how === 'lost' ? { addPossiblyPaidTwice: 1 } : {}),
          },
          expectation,
        ));
    const known = item(model, call.id);
    const applies = known?.state === 'submitting' && known.attempts === call.attempt - 1;
    expect(moved.moved).toBe(applies);
    if (known === undefined || !applies) return;
    if (how !== 'throttled') known.attempts += 1;
    if (how === 'lost') known.unsure += 1;
    if (how === 'hold') known.state = 'held';
    else back(model, known);
  });
}

function awaitCallback(id: string): Command {
  return new Command(`${id} waits for its callback`, async (model, { ledger }) => {
    const { moved } = await ledger.move('awaitCallback', id, { message: 'lost' });
    const applies = item(model, id)?.state === 'submitting';
    expect(moved).toBe(applies);
  });
}

/** What a look at a task has found, also at one that is not followed any more. */
function taskEnds(which: number, how: 'worth another' | 'well' | 'unknown'): Command {
  return new Command(`the task of call ${which} ends: ${how}`, async (model, { ledger }) => {
    const call = model.calls[which % Math.max(1, model.calls.length)];
    if (call === undefined) return;
    const name = ({ 'worth another': 'resubmit', well: 'beginDownload', unknown: 'hold' } as const)[how];
    const changes = how === 'well' ? { stamp: ['completedAt'] as const } : {};
    const expectation = { expect: { taskId: call.taskId, state: 'processing' as const } };
    const { moved } = await ledger.move(name, call.id, changes, expectation);
    const known = item(model, call.id);
    const applies = known?.state === 'processing' && lastOf(known) === call.taskId;
    expect(moved).toBe(applies);
    if (known === undefined || !applies) return;
    if (how === 'well') {
      known.isCompleted = true;
      known.state = 'downloading';
    } else if (how === 'unknown') known.state = 'held';
    else back(model, known);
  });
}

function download(id: string, how: 'save' | 'staySaved' | 'fetchAgain'): Command {
  return new Command(`${id}: ${how}`, async (model, { ledger }) => {
    const known = item(model, id);
    // A link without a task has nothing to be fetched.
    if (how === 'fetchAgain' && known?.tasks.length === 0) return;
    const { moved } = await ledger.move(how, id, how === 'save' ? { stamp: ['savedAt'] } : {});
    const applies = known?.state === (how === 'fetchAgain' ? 'saved' : 'downloading');
    expect(moved).toBe(applies);
    if (known === undefined || !applies) return;
    known.state = how === 'fetchAgain' ? 'downloading' : 'saved';
  });
}

function fail(id: string, reason: 'rejected' | 'task-timeout' | 'download-failed'): Command {
  return new Command(`${id} fails as ${reason}`, async (model, { ledger }) => {
    const { moved } = await ledger.move('fail', id, { reason });
    const known = item(model, id);
    const applies =
      known !== undefined && ['queued', 'submitting', 'processing', 'downloading'].includes(known.state);
    expect(moved).toBe(applies);
    if (!applies) return;
    known.state = 'failed';
    known.reason = reason;
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
        if (!isWaiting && !(isPaid && abandon && !wasSaved.has(known))) continue;
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
      if (hasTask) known.state = known.isCompleted ? 'downloading' : 'processing';
      else {
        Object.assign(known, { state: 'queued', attempts: 0 });
        model.stopped.delete(known.home);
      }
      known.reason = null;
    }
  });
}

/** Links that were saved once: they are fetched again, and cannot be cancelled meanwhile. */
const wasSaved = { has: (_known: ModelItem) => false };

const anyId = fc.constantFrom(...ids);
const anyBatch = fc.constantFrom(...batches);
const anyCall = fc.nat({ max: 11 });

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
      fc.constantFrom('worth another' as const, 'well' as const, 'well' as const, 'unknown' as const),
    )
    .map((of) => taskEnds(...of)),
  fc
    .tuple(anyId, fc.constantFrom('save' as const, 'staySaved' as const, 'fetchAgain' as const))
    .map((of) => download(...of)),
  fc
    .tuple(anyId, fc.constantFrom('rejected' as const, 'task-timeout' as const, 'download-failed' as const))
    .map((of) => fail(...of)),
  fc.tuple(anyBatch, fc.constantFrom('pause' as const, 'resume' as const)).map((of) => pause(...of)),
  fc.tuple(anyBatch, fc.boolean()).map((of) => cancel(...of)),
  anyBatch.map(retry),
];

describe('the ledger and its model', () => {
  let redis: Redis;
  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });

  it('stand at the same place after every command, whatever comes late, twice or never', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (given) => {
        const prefix = redisPrefix();
        const ledger = createLedger({ redis, prefix, shareUrl: () => null });
        for (const name of batches) await ledger.openBatch(name, { model: 'm', root: '/' });
        const operations = createBatchOperations({ redis, prefix });
        await fc.asyncModelRun(
          () => ({
            model: { items: new Map(), paused: new Set<string>(), stopped: new Set<string>(), calls: [] },
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

  it('know the same ways, which docs/states.md draws', () => {
    const table = new Set(
      Object.values(transitions).flatMap(({ from, to }) => from.map((each) => `${each} ${to}`)),
    );
    const known = Object.entries(edges).flatMap(([from, to]) => to.map((each) => `${from} ${each}`));
    expect([...table].sort()).toEqual(known.sort());
  });
});
