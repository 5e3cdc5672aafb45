/**
 * Answers that were lost: with callbacks on the task is downloaded by its callback and nothing is paid twice; without,
 * the policy decides, and the report names exactly what may have been paid twice.
 */
import { describe, expect, it } from 'vitest';
import { listHalts } from '../../src/shared/gate-state/halts.ts';
import { startServedSystem } from '../server/served-system.ts';
import { type System, shareLink, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { makeVendorTask } from '../setup/vendor-task.ts';

/** Every tenth link's first create call makes its task and loses the answer. */
function loseEveryTenth(links: number) {
  const lost = new Set(Array.from({ length: links / 10 }, (_, n) => shareLink(n * 10)));
  return {
    lost,
    hooks: {
      faultOf: ({ place, link, count }: { place: string; link: string; count: number }) =>
        place === 'create' && count === 1 && lost.has(link) ? ('create-answer-lost' as const) : undefined,
    },
  };
}

function tasksPerLink(system: System): number[] {
  return Object.values(system.simulator.counts().links).map(({ taskIds }) => taskIds.length);
}

async function itemsOf(system: System, ids: readonly string[]) {
  const items = await Promise.all(ids.map((id) => system.session.ledger.item(id)));
  return items.filter((item) => item !== null);
}

describe('lost answers with callbacks on', () => {
  it('cost no second task: of 400 links with 40 lost answers every one is saved and paid once', async () => {
    const { hooks } = loseEveryTenth(400);
    await using system = await startServedSystem({ hooks, simulator: { taskTime: '20ms-120ms' } });
    const ids = await system.give(400);
    await system.startWorker();
    const batch = await system.ended();
    expect(batch.counts.saved).toBe(400);
    expect(batch.possiblyPaidTwice).toBe(0);
    expect(batch.creditsSpent).toBe(4000);
    expect(system.simulator.counts().faults['create-answer-lost']).toBe(40);
    expect(tasksPerLink(system)).toEqual(Array(400).fill(1));
    const items = await itemsOf(system, ids);
    expect(items.map(({ attempts }) => attempts)).toEqual(Array(400).fill(1));
  });

  it('of a worker that was killed after its call left are downloaded by the callback', async () => {
    await using system = await startServedSystem({ simulator: { taskTime: '500ms' } });
    const [id = ''] = await system.give(1);
    const { ledger } = system.session;
    await ledger.take(10);
    await ledger.move('beginSubmit', id, { stamp: ['submittedAt'] });
    await makeVendorTask(system, shareLink(0), await system.callbackUrl(id));
    await system.session.queues.add('submit', id);
    await system.startWorker();
    await system.ended();
    expect(await ledger.item(id)).toMatchObject({ state: 'saved', attempts: 1, possiblyPaidTwice: 0 });
    expect(tasksPerLink(system)).toEqual([1]);
  });

  it('wait no longer than tasks of the model take, then the policy decides', async () => {
    await using system = await startServedSystem({
      simulator: { linkFaults: [{ contains: shareLink(0), fault: 'create-lost', times: 1 }] },
    });
    const [id = ''] = await system.give(1);
    await system.startWorker();
    const { ledger, redis, queues } = system.session;
    const waiting = await until(async () => {
      const item = await ledger.item(id);
      return item?.state === 'submitting' && item.message !== null && item;
    }, 'waiting for the callback');
    expect(waiting).toMatchObject({ attempts: 0, taskIds: [] });
    // As if the call had left two hours ago.
    await redis.hincrby(`${system.environment['QUEUE_PREFIX']}:item:${id}`, 'm', -7_200_000);
    const job = await until(async () => {
      const found = await (await queues.queue('submit')).getJob(id);
      return (await found?.isDelayed()) ? (found ?? null) : null;
    }, 'its job waits');
    await job.promote();
    await system.ended();
    expect(await ledger.item(id)).toMatchObject({ state: 'saved', attempts: 2, possiblyPaidTwice: 1 });
  });

  it('whose task tells its id when another is paid already are counted with what both have cost', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const { ledger, queues } = system.session;
    await ledger.take(10);
    await ledger.move('beginSubmit', id, {
      reserveCredits: { credits: 10, base: 10 },
      stamp: ['submittedAt'],
    });
    await makeVendorTask(system, shareLink(0));
    await ledger.move('submitLater', id, { addAttempts: 1, addPossiblyPaidTwice: 1 });
    await queues.add('submit', id);
    await system.startWorker();
    expect(await system.ended()).toMatchObject({ creditsSpent: 10, counts: { saved: 1 } });
    const [first = ''] = system.simulator.counts().links[shareLink(0)]?.taskIds ?? [];
    await tell(await system.callbackUrl(id), first);
    await until(
      async () => (await ledger.batch('test'))?.creditsSpent === 20,
      'the record of the other task has been read',
    );
    await tell(await system.callbackUrl(id), first);
    expect(await ledger.item(id)).toMatchObject({ state: 'saved', creditsSpent: 20, possiblyPaidTwice: 1 });
    expect(system.simulator.counts().creditsSpent).toBe(20);
  });

  it('go home before the create call is answered, and the answer changes nothing', async () => {
    await using system = await startServedSystem({
      simulator: {
        linkFaults: [{ contains: shareLink(0), fault: 'create-slow' }],
        slowAnswerMs: '1500ms',
        taskTime: '30ms',
      },
    });
    const [id = ''] = await system.give(1);
    await system.startWorker();
    await system.ended();
    const early = await system.session.ledger.item(id);
    expect(early).toMatchObject({ state: 'saved', attempts: 1 });
    await until(
      async () => (await (await system.session.queues.queue('submit')).getActiveCount()) === 0,
      'the create call has been answered',
    );
    expect(await system.session.ledger.item(id)).toEqual(early);
    expect(tasksPerLink(system)).toEqual([1]);
  });
});

describe('lost answers without callbacks', () => {
  it('of a model that this worker does not know wait, and are not taken for calls that were never sent', async () => {
    await using system = await startSystem({
      environment: { CALLBACK_BASE_URL: 'http://127.0.0.1:1', ON_AMBIGUOUS_SUBMIT: 'hold' },
    });
    const { ledger, redis } = system.session;
    await ledger.openBatch('test', { model: 'somebody/else', root: '/' });
    await ledger.enqueue('test', [{ id: 'a1', url: 'https://videos.example.com/a.mp4' }]);
    await ledger.move('beginSubmit', 'a1', { submitter: 'gone', stamp: ['submittedAt'] });
    await system.session.queues.add('submit', 'a1');
    await system.startWorker();
    const prefix = system.environment['QUEUE_PREFIX'] ?? '';
    await until(async () => (await listHalts({ redis, prefix })).length > 0, 'the model is halted');
    await until(
      async () => (await (await system.session.queues.queue('submit')).getJob('a1'))?.isDelayed() ?? false,
      'the job waits',
    );
    expect(await ledger.item('a1')).toMatchObject({ state: 'submitting', submitter: 'gone' });
  });

  it('are held under the policy hold, and none is paid twice', async () => {
    const { hooks, lost } = loseEveryTenth(100);
    await using system = await startSystem({ hooks, environment: { ON_AMBIGUOUS_SUBMIT: 'hold' } });
    const ids = await system.give(100);
    await system.startWorker();
    const batch = await system.ended();
    expect(batch.counts).toMatchObject({ saved: 90, held: 10 });
    expect(batch.possiblyPaidTwice).toBe(0);
    expect(tasksPerLink(system)).toEqual(Array(100).fill(1));
    const held = (await itemsOf(system, ids)).filter(({ state }) => state === 'held');
    expect(held.map(({ url }) => url).sort()).toEqual([...lost].sort());
  });

  it('are submitted again under the policy resubmit, and the report names exactly those', async () => {
    const { hooks, lost } = loseEveryTenth(100);
    await using system = await startSystem({ hooks });
    const ids = await system.give(100);
    await system.startWorker();
    const batch = await system.ended();
    expect(batch.counts.saved).toBe(100);
    expect(batch.possiblyPaidTwice).toBe(10);
    const named = (await itemsOf(system, ids)).filter(({ possiblyPaidTwice }) => possiblyPaidTwice > 0);
    expect(named.map(({ url }) => url).sort()).toEqual([...lost].sort());
    const twice = Object.entries(system.simulator.counts().links).filter(
      ([, { taskIds }]) => taskIds.length > 1,
    );
    expect(twice.map(([link]) => link).sort()).toEqual([...lost].sort());
  });
});

async function tell(callbackUrl: string, taskId: string): Promise<void> {
  const body = JSON.stringify({ code: 200, data: { taskId, state: 'success' } });
  const answer = await fetch(callbackUrl, { method: 'POST', body });
  expect(answer.status).toBe(200);
}
