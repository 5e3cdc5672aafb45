import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callbackBody } from '../../src/simulator/callbacks.ts';
import type { FaultName } from '../../src/simulator/faults.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { recordOf as pureRecordOf } from '../../src/simulator/record.ts';
import { signCallback } from '../../src/simulator/signature.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { startCallbackReceiver } from './callback-receiver.ts';
import { make, recordOf } from './calls.ts';

const quick: SimulatorOptions = { taskTime: 5, callbackRetryMs: 5 };

function startWith(options: SimulatorOptions, fault?: FaultName) {
  return startSimulator({ ...quick, ...options }, { faultOf: () => fault });
}

describe('a callback', () => {
  it('brings the record when the task has ended', async () => {
    await using receiver = await startCallbackReceiver();
    await using simulator = await startWith({});
    const taskId = await make(simulator, 'a', { callBackUrl: receiver.url });
    const { headers, body } = await receiver.next();
    expect(body).toMatchObject({
      code: 200,
      msg: 'Playground task completed successfully.',
      data: { taskId, state: 'success', creditsConsumed: 10 },
    });
    expect(headers).not.toHaveProperty('x-webhook-signature');
    expect((await recordOf(simulator, taskId)).completeTime).toBe(body.data['completeTime']);
  });

  it('reports a failure with little more than its code', async () => {
    await using receiver = await startCallbackReceiver();
    await using simulator = await startWith({}, 'task-fails-422');
    const taskId = await make(simulator, 'a', { callBackUrl: receiver.url });
    expect((await receiver.next()).body).toEqual({
      code: 501,
      msg: 'Playground task failed.',
      data: { taskId, state: 'fail', failCode: '422', failMsg: 'The video could not be accessed' },
    });
  });

  it('is signed over task id and time when the account has a webhook key', async () => {
    await using receiver = await startCallbackReceiver();
    await using simulator = await startWith({ webhookKey: 'secret' });
    const taskId = await make(simulator, 'a', { callBackUrl: receiver.url });
    const { headers } = await receiver.next();
    const timestamp = String(headers['x-webhook-timestamp']);
    expect(timestamp).toMatch(/^\d{10}$/);
    const signature = createHmac('sha256', 'secret').update(`${taskId}.${timestamp}`).digest('base64');
    expect(headers['x-webhook-signature']).toBe(signature);
  });

  it('is not sent for a task that wants none', async () => {
    await using receiver = await startCallbackReceiver();
    await using simulator = await startWith({});
    await make(simulator, 'a');
    await make(simulator, 'b', { callBackUrl: receiver.url });
    await receiver.next();
    expect(simulator.counts().callbacks.tries).toBe(1);
  });

  it('is tried again until it is taken', async () => {
    await using receiver = await startCallbackReceiver((count) => (count < 3 ? 503 : 200));
    await using simulator = await startWith({});
    await make(simulator, 'a', { callBackUrl: receiver.url });
    for (let tried = 0; tried < 3; tried += 1) await receiver.next();
    await expect.poll(() => simulator.counts().callbacks).toEqual({ tries: 3, delivered: 1, undelivered: 0 });
  });

  it('is given up after three tries', async () => {
    await using receiver = await startCallbackReceiver(() => 500);
    await using simulator = await startWith({});
    await make(simulator, 'a', { callBackUrl: receiver.url });
    await expect.poll(() => simulator.counts().callbacks).toEqual({ tries: 3, delivered: 0, undelivered: 1 });
    expect(receiver.received).toHaveLength(3);
  });

  it('can be lost, and doubled', async () => {
    await using receiver = await startCallbackReceiver();
    await using simulator = await startSimulator({
      ...quick,
      linkFaults: 's_l=callback-lost,s_d=callback-double',
    });
    await make(simulator, 'l', { callBackUrl: receiver.url });
    const doubled = await make(simulator, 'd', { callBackUrl: receiver.url });
    const taskIds = [await receiver.next(), await receiver.next()].map(({ body }) => body.data['taskId']);
    expect(taskIds).toEqual([doubled, doubled]);
    expect(simulator.counts().faults).toEqual({ 'callback-lost': 1, 'callback-double': 1 });
  });

  it('can arrive before the answer to the create call', async () => {
    await using receiver = await startCallbackReceiver();
    await using simulator = await startWith({ taskTime: '1h' }, 'callback-early');
    const taskId = await make(simulator, 'a', { callBackUrl: receiver.url });
    expect(receiver.received.map(({ body }) => body.data['taskId'])).toEqual([taskId]);
    expect((await recordOf(simulator, taskId)).state).toBe('success');
  });

  it('comes even when the answer to the create call was lost', async () => {
    await using receiver = await startCallbackReceiver();
    await using simulator = await startWith({}, 'create-answer-lost');
    await expect(make(simulator, 'a', { callBackUrl: receiver.url })).rejects.toThrow();
    const { body } = await receiver.next();
    expect(simulator.counts().queriesByTask).toHaveProperty([String(body.data['taskId'])]);
  });

  it('comes twice for a timeout that turns into success', async () => {
    await using receiver = await startCallbackReceiver();
    await using simulator = await startWith({ recoverAfterMs: 20 }, 'task-recovers');
    await make(simulator, 'a', { callBackUrl: receiver.url });
    const codes = [await receiver.next(), await receiver.next()].map(({ body }) => body.code);
    // Two connections: either may win.
    expect(codes.sort()).toEqual([200, 501]);
  });
});

describe('the parts of a callback', () => {
  it('the signature is the documented one', () => {
    const key = 'k';
    expect(signCallback('t', 1_700_000_000_999, key)).toEqual({
      'X-Webhook-Timestamp': '1700000000',
      'X-Webhook-Signature': createHmac('sha256', key).update('t.1700000000').digest('base64'),
    });
  });

  it.each([
    ['data.taskId', { data: { taskId: 't' } }],
    ['data.task_id', { data: { task_id: 't' } }],
    ['taskId', { taskId: 't' }],
  ] as const)('the task id can be at %s', (idAt, place) => {
    const task = {
      id: 't',
      model: 'm',
      link: 'l',
      input: {},
      callBackUrl: undefined,
      origin: 'http://x',
      createdAtMs: 0,
      endsAtMs: 1,
      recoversAtMs: undefined,
      fault: undefined,
      credits: 10,
      isBilledAnyway: false,
      resultKinds: ['mp4'] as const,
      resultSizeBytes: 0,
      queries: 0,
    };
    const record = pureRecordOf(task, 2, {
      showCredits: 'at-once',
      emptyResultMs: 0,
      costTimeUnit: 's',
      issueResultUrls: () => [],
    });
    const body = callbackBody(record, idAt);
    expect(body).toMatchObject(place);
    expect(JSON.stringify(body).match(/"t"/g)).toHaveLength(1);
  });
});
