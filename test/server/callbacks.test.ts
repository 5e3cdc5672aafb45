/** The callback route from outside: what it answers, what it brings about, and what it does not let happen. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { shareLink } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { startServedSystem } from './served-system.ts';

const webhookKey = 'webhook-key-of-the-tests';

function post(url: string, body: string, headers: Record<string, string> = {}) {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
}

function telling(taskId: string): string {
  return JSON.stringify({ code: 200, msg: 'done', data: { taskId, state: 'success' } });
}

function signed(taskId: string, at: number, key = webhookKey): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', key).update(`${taskId}.${timestamp}`).digest('base64');
  return { 'x-webhook-timestamp': timestamp, 'x-webhook-signature': signature };
}

describe('callbacks', () => {
  it('save each link with one query, as soon as its task has ended', async () => {
    await using system = await startServedSystem({ simulator: { taskTime: '300ms' } });
    await system.give(20);
    await system.startWorker();
    await system.ended();
    const { queriesByTask, callbacks } = system.simulator.counts();
    expect(Object.values(queriesByTask)).toEqual(Array(20).fill(1));
    expect(callbacks).toMatchObject({ delivered: 20, undelivered: 0 });
  });

  it.each(['data.taskId', 'data.task_id', 'taskId'] as const)(
    'are understood with the task id at %s, signed',
    async (callbackIdAt) => {
      await using system = await startServedSystem({
        simulator: { callbackIdAt, webhookKey, faults: { 'create-answer-lost': 1 } },
        environment: { KIE_WEBHOOK_KEY: webhookKey },
      });
      await system.give(3);
      await system.startWorker();
      expect((await system.ended()).counts.saved).toBe(3);
      expect(system.simulator.counts().tasks).toBe(3);
    },
  );

  it('that get lost cost nothing but the poll, and doubled ones nothing at all', async () => {
    await using system = await startServedSystem({
      simulator: {
        linkFaults: [
          { contains: shareLink(0), fault: 'callback-lost' },
          { contains: shareLink(1), fault: 'callback-double' },
        ],
      },
    });
    const [id = ''] = await system.give(3);
    await system.startWorker();
    const { queues } = system.session;
    await until(async () => {
      const batch = await system.session.ledger.batch('test');
      return batch?.counts.saved === 2 && batch.counts.processing === 1;
    }, 'only the one that nobody tells of is left');
    // Its time comes; waiting for it is none of the test's business.
    await (await queues.queue('status-check').getJob(id))?.promote();
    const batch = await system.ended();
    expect(batch).toMatchObject({ creditsSpent: 30, possiblyPaidTwice: 0, counts: { saved: 3 } });
  });

  it('answer everybody the same, whatever was sent', async () => {
    await using system = await startServedSystem({ environment: { KIE_WEBHOOK_KEY: webhookKey } });
    const [id = ''] = await system.give(1);
    const { ledger } = system.session;
    await ledger.move('beginSubmit', id);
    const url = await system.callbackUrl(id);
    // Not the last character: of that one some bits mean nothing.
    const stranger = `${url.slice(0, -6)}${url.at(-6) === 'A' ? 'B' : 'A'}${url.slice(-5)}`;
    const now = Date.now();
    const answers = [
      await post(url, telling('t1')),
      await post(url, telling('t1'), signed('t1', now, 'another key')),
      await post(url, telling('t1'), signed('t2', now)),
      await post(url, telling('t1'), signed('t1', now - 6 * 60_000)),
      await post(url, telling('t1'), signed('t1', now + 6 * 60_000)),
      await post(url, 'no json', signed('t1', now)),
      await post(url, '[]', signed('t1', now)),
      await post(url, '{"data":{"taskId":{"$gt":1}}}', signed('t1', now)),
      await post(url, '', signed('t1', now)),
      await post(stranger, telling('t1'), signed('t1', now)),
      await post(`${system.server.url}/callback/x`, telling('t1'), signed('t1', now)),
      await post(await system.callbackUrl('s_nobody'), telling('t1'), signed('t1', now)),
    ];
    const told = await Promise.all(answers.map(async (each) => [each.status, await each.text()]));
    expect(told).toEqual(answers.map(() => [200, '{"ok":true}']));
    expect(await ledger.item(id)).toMatchObject({ state: 'submitting', taskIds: [] });
    await post(url, telling('t1'), signed('t1', now));
    expect(await ledger.item(id)).toMatchObject({ state: 'processing', taskIds: ['t1'], attempts: 1 });
  });

  it('longer than a record can be are refused unread', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const answer = await post(await system.callbackUrl(id), 'x'.repeat(300 * 1024));
    expect(answer.status).toBe(413);
  });

  it('are taken in any order and any number of times, and a second task is told of', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const { ledger } = system.session;
    await ledger.move('beginSubmit', id);
    const url = await system.callbackUrl(id);
    await Promise.all(Array.from({ length: 10 }, () => post(url, telling('t1'))));
    expect(await ledger.item(id)).toMatchObject({ state: 'processing', taskIds: ['t1'], attempts: 1 });
    await post(url, telling('t2'));
    await post(url, telling('t2'));
    expect(await ledger.item(id)).toMatchObject({
      state: 'processing',
      taskIds: ['t2', 't1'],
      possiblyPaidTwice: 1,
    });
    expect((await ledger.batch('test'))?.possiblyPaidTwice).toBe(1);
  });

  it('bring a task home that waits for its turn again or for a person', async () => {
    await using system = await startServedSystem();
    const [queued = '', held = ''] = await system.give(2);
    const { ledger } = system.session;
    for (const id of [queued, held]) await ledger.move('beginSubmit', id);
    await ledger.move('submitLater', queued, { addAttempts: 1, addPossiblyPaidTwice: 1 });
    await ledger.move('hold', held, { addAttempts: 1 });
    expect((await ledger.batch('test'))?.possiblyPaidTwice).toBe(1);
    await post(await system.callbackUrl(queued), telling('t1'));
    await post(await system.callbackUrl(held), telling('t2'));
    // The call that would have paid again never left.
    expect(await ledger.item(queued)).toMatchObject({
      state: 'processing',
      attempts: 1,
      possiblyPaidTwice: 0,
    });
    expect(await ledger.item(held)).toMatchObject({ state: 'processing', taskIds: ['t2'] });
    expect((await ledger.batch('test'))?.possiblyPaidTwice).toBe(0);
  });

  it('note a task beside whatever has become of the link, and lead nobody astray', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    await system.startWorker();
    await system.ended();
    const before = await system.session.ledger.item(id);
    await post(await system.callbackUrl(id), telling('t9'));
    const after = await system.session.ledger.item(id);
    expect(after).toEqual({ ...before, taskIds: ['t9', ...(before?.taskIds ?? [])], possiblyPaidTwice: 1 });
  });

  it('wake the status check and mark it, so that the schedule learns who told', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const { ledger, queues } = system.session;
    await ledger.move('beginSubmit', id);
    await ledger.move('recordTask', id, { taskId: 't1' });
    await queues.add('status-check', id, 3_600_000, { tries: 2 });
    await post(await system.callbackUrl(id), telling('t1'));
    const job = await queues.queue('status-check').getJob(id);
    expect(await job?.getState()).toBe('waiting');
    expect(job?.data).toEqual({ tries: 2, calledBack: true });
  });

  it('are refused for the time being when Redis is away, so that the vendor comes again', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const url = await system.callbackUrl(id);
    await system.session.ledger.move('beginSubmit', id);
    const { redis } = system.session;
    redis.disconnect();
    expect((await post(url, telling('t1'))).status).toBe(503);
    expect((await fetch(`${system.server.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${system.server.url}/healthz`)).status).toBe(200);
    await redis.connect();
    await until(async () => (await fetch(`${system.server.url}/readyz`)).status === 200, 'it is ready again');
    expect((await post(url, telling('t1'))).status).toBe(200);
    expect(await system.session.ledger.item(id)).toMatchObject({ taskIds: ['t1'] });
  });
});
