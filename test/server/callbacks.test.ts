/** The callback route from outside: its responses, its effects, and what it prevents. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { retryBatch } from '../../src/producer/retry-batch.ts';
import { createClaims } from '../../src/shared/callbacks/claims.ts';
import { createBatchOperations } from '../../src/shared/ledger/batch-operations.ts';
import { shareLink } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { makeVendorTask } from '../setup/vendor-task.ts';
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
    await (await (await queues.queue('status-check')).getJob(id))?.promote();
    const batch = await system.ended();
    expect(batch).toMatchObject({ creditsSpent: 30, possiblyPaidTwice: 0, counts: { saved: 3 } });
  });

  it('give every caller the same answer, whatever was sent', async () => {
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
    const claimed = async () => (await system.session.queues.queue('status-check')).count();
    expect(await claimed()).toBe(0);
    await post(url, telling('t1'), signed('t1', now));
    expect(await claimed()).toBe(1);
    expect(await ledger.item(id)).toMatchObject({ state: 'submitting', taskIds: [] });
  });

  it('longer than a record can be are refused unread', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const answer = await post(await system.callbackUrl(id), 'x'.repeat(300 * 1024));
    expect(answer.status).toBe(413);
  });

  it('of a stranger are answered before their body has come', async () => {
    await using system = await startServedSystem();
    const { hostname, port } = new URL(system.server.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /callback/s_1.1.x HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n{');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 .*\{"ok":true\}$/s);
    await once(socket, 'close');
  });

  it('are accepted in any order and any number of times, and a second task is reported', async () => {
    await using system = await startServedSystem({ simulator: { taskTime: '1h' } });
    const [id = ''] = await system.give(1);
    const { ledger } = system.session;
    await ledger.move('beginSubmit', id);
    const url = await system.callbackUrl(id);
    const first = await makeVendorTask(system, shareLink(0), url);
    await Promise.all(Array.from({ length: 4 }, () => post(url, telling(first))));
    await system.startWorker(['status-check']);
    await until(async () => (await ledger.item(id))?.state === 'processing', 'the task is recorded');
    expect(await ledger.item(id)).toMatchObject({ taskIds: [first], attempts: 1 });
    const second = await makeVendorTask(system, shareLink(0), url);
    await post(url, telling(second));
    await post(url, telling(second));
    await until(async () => (await ledger.item(id))?.possiblyPaidTwice === 1, 'the second task is recorded');
    expect(await ledger.item(id)).toMatchObject({ state: 'processing', taskIds: [second, first] });
    expect((await ledger.batch('test'))?.possiblyPaidTwice).toBe(1);
  });

  it('bring back the task of a link that is queued again or held for a person', async () => {
    await using system = await startServedSystem({ simulator: { taskTime: '1h' } });
    const [queued = '', held = ''] = await system.give(2);
    const { ledger } = system.session;
    for (const id of [queued, held]) await ledger.move('beginSubmit', id);
    await ledger.move('submitLater', queued, { addAttempts: 1, addPossiblyPaidTwice: 1 });
    await ledger.move('hold', held, { addAttempts: 1 });
    await system.startWorker(['status-check']);
    for (const [n, id] of [queued, held].entries()) {
      const url = await system.callbackUrl(id);
      await post(url, telling(await makeVendorTask(system, shareLink(n), url)));
      await until(async () => (await ledger.item(id))?.state === 'processing', 'the task is recorded');
    }
    // The call that would have paid again never left.
    expect(await ledger.item(queued)).toMatchObject({ attempts: 1, possiblyPaidTwice: 0 });
    expect((await ledger.batch('test'))?.possiblyPaidTwice).toBe(0);
  });

  it('bring the video of a link that had failed for lost answers, with a retry that pays nothing', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const { ledger, queues, redis } = system.session;
    const prefix = system.environment['QUEUE_PREFIX'] ?? '';
    const url = await system.callbackUrl(id);
    await ledger.move('beginSubmit', id, { stamp: ['submittedAt'] });
    await ledger.move('fail', id, { reason: 'attempts-exhausted', message: 'lost' });
    await post(url, telling(await makeVendorTask(system, shareLink(0), url)));
    await system.startWorker();
    await until(async () => (await ledger.item(id))?.reason === 'task-timeout', 'the task is kept');
    expect((await ledger.batch('test'))?.failures).toEqual({ 'task-timeout': 1 });
    await retryBatch('test', { operations: createBatchOperations({ redis, prefix }), queues });
    expect((await system.ended()).counts.saved).toBe(1);
    expect(system.simulator.counts()).toMatchObject({ tasks: 1, creditsSpent: 10 });
    expect(await ledger.item(id)).toMatchObject({ creditsSpent: 10 });
  });

  it('change nothing when they name the task of another link, however often', async () => {
    await using system = await startServedSystem({ simulator: { taskTime: '1h' } });
    const [victim = '', recorded = ''] = await system.give(3);
    const { ledger, redis } = system.session;
    for (const id of [victim, recorded]) await ledger.move('beginSubmit', id, { stamp: ['submittedAt'] });
    const taken = await makeVendorTask(system, shareLink(1), await system.callbackUrl(recorded));
    await ledger.move('recordTask', recorded, { taskId: taken });
    // It is not recorded yet: only its record shows whose it is.
    const open = await makeVendorTask(system, shareLink(2), await system.callbackUrl('s_other'));
    const withoutAddress = await makeVendorTask(system, shareLink(2));
    const before = await redis.hgetall(`${system.environment['QUEUE_PREFIX']}:item:${victim}`);
    const url = await system.callbackUrl(victim);
    for (const taskId of [taken, open, withoutAddress, taken, open]) await post(url, telling(taskId));
    await system.startWorker(['status-check']);
    const refused = () => redis.hget(`${system.environment['QUEUE_PREFIX']}:measures`, 'claims:refused');
    await until(async () => Number(await refused()) >= 4, 'every foreign task has been refused');
    expect(await redis.hgetall(`${system.environment['QUEUE_PREFIX']}:item:${victim}`)).toEqual(before);
    const own = await makeVendorTask(system, shareLink(0), url);
    await post(url, telling(own));
    await until(async () => (await ledger.item(victim))?.taskIds[0] === own, 'its own task is recorded');
  });

  it('are taken ten times from one address at once, and an item gathers twenty foreign ids at most', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const { redis, queues } = system.session;
    const answers = new Map<number, number>();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const url = await system.callbackUrl(id, attempt);
      for (let n = 0; n < 20; n += 1) {
        const { status } = await post(url, telling(`foreign-${attempt}-${n}`));
        answers.set(status, (answers.get(status) ?? 0) + 1);
      }
    }
    expect(answers.get(429)).toBeGreaterThan(30);
    expect(await redis.hlen(`${system.environment['QUEUE_PREFIX']}:claims:${id}`)).toBe(20);
    expect(await (await queues.queue('status-check')).count()).toBe(20);
  });

  it('get a place again when what a stranger named has been judged', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const claims = createClaims({
      redis: system.session.redis,
      prefix: system.environment['QUEUE_PREFIX'] ?? '',
    });
    for (let n = 0; n < 20; n += 1) expect(await claims.note(id, `foreign-${n}`)).toBe('open');
    expect(await claims.note(id, 'own')).toBe('full');
    await claims.judged(id, 'foreign-3');
    expect(await claims.note(id, 'own')).toBe('open');
    expect(await claims.note(id, 'foreign-4')).toBe('open');
    expect(await claims.note(id, 'foreign-21')).toBe('full');
  });

  it('wake the status check and mark it, so that the schedule learns who told', async () => {
    await using system = await startServedSystem();
    const [id = ''] = await system.give(1);
    const { ledger, queues } = system.session;
    await ledger.move('beginSubmit', id);
    await ledger.move('recordTask', id, { taskId: 't1' });
    await queues.add('status-check', id, 3_600_000, { tries: 2 });
    await post(await system.callbackUrl(id), telling('t1'));
    const job = await (await queues.queue('status-check')).getJob(id);
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
    expect(await (await system.session.queues.queue('status-check')).count()).toBe(1);
  });
});
