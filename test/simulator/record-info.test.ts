import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import {
  answerOf,
  create,
  createManualClock,
  get,
  linkOf,
  make,
  query,
  recordOf,
  resultUrlsOf,
} from './calls.ts';

async function startWith(fault: FaultName | undefined, options: Parameters<typeof startSimulator>[0] = {}) {
  const clock = createManualClock();
  const hooks = { clock, faultOf: () => fault };
  const simulator = await startSimulator({ taskTime: '100s', ...options }, hooks);
  return { simulator, clock };
}

describe('the record of a task', () => {
  it('goes from waiting over queuing and generating to success', async () => {
    const { simulator, clock } = await startWith(undefined);
    await using _ = simulator;
    const taskId = await make(simulator, 'a');
    const states: string[] = [];
    for (const stepMs of [0, 4000, 2000, 15_000, 78_000, 1000]) {
      clock.advance(stepMs);
      states.push((await recordOf(simulator, taskId)).state);
    }
    expect(states).toEqual(['waiting', 'waiting', 'queuing', 'generating', 'generating', 'success']);
    expect(simulator.counts()).toMatchObject({ queries: 6, queriesByTask: { [taskId]: 6 } });
  });

  it('holds what the vendor holds, before the end and after', async () => {
    const { simulator, clock } = await startWith(undefined);
    await using _ = simulator;
    const callBackUrl = 'http://127.0.0.1:9/callback';
    const taskId = await make(simulator, 'a', { callBackUrl });
    const early = await recordOf(simulator, taskId);
    expect(early).toMatchObject({ taskId, completeTime: null, costTime: null, creditsConsumed: 10 });
    expect(['', null]).toContain(early.resultJson);
    clock.advance(100_000);
    const late = await recordOf(simulator, taskId);
    expect(late).toMatchObject({ state: 'success', costTime: 100_000, creditsConsumed: 10 });
    expect((late.completeTime ?? 0) - late.createTime).toBe(100_000);
    expect(JSON.parse(late.param)).toMatchObject({ model: 'sora-watermark-remover', callBackUrl });
    expect(await resultUrlsOf(simulator, taskId)).toHaveLength(1);
  });

  it('has the input inside param as an object for some tasks and as a text for others', async () => {
    await using simulator = await startSimulator({ limit: '100/1s' });
    const kinds = new Set<string>();
    for (let number = 0; number < 40; number += 1) {
      const { param } = await recordOf(simulator, await make(simulator, String(number)));
      const { input } = JSON.parse(param);
      kinds.add(typeof input);
      const asObject = typeof input === 'string' ? JSON.parse(input) : input;
      expect(asObject.video_url).toBe(linkOf(String(number)));
    }
    expect([...kinds].sort()).toEqual(['object', 'string']);
  });

  it('is missing for an unknown task, and a bad request without an id', async () => {
    await using simulator = await startSimulator();
    expect(await answerOf(await query(simulator, 'nobody'))).toMatchObject({
      httpStatus: 200,
      code: 422,
      msg: 'recordInfo is null',
      data: null,
    });
    expect((await answerOf(await get(simulator, '/api/v1/jobs/recordInfo'))).code).toBe(400);
  });

  it('can be invisible right after the task was made', async () => {
    const { simulator, clock } = await startWith(undefined, { recordVisibleAfterMs: 500 });
    await using _ = simulator;
    const taskId = await make(simulator, 'a');
    expect((await answerOf(await query(simulator, taskId))).code).toBe(422);
    clock.advance(500);
    expect((await answerOf(await query(simulator, taskId))).code).toBe(200);
  });

  it('can be limited for each task', async () => {
    const { simulator } = await startWith(undefined, { queryLimit: '3/1s' });
    await using _ = simulator;
    const taskId = await make(simulator, 'a');
    const codes: number[] = [];
    for (let asked = 0; asked < 4; asked += 1)
      codes.push((await answerOf(await query(simulator, taskId))).code);
    expect(codes).toEqual([200, 200, 200, 429]);
  });

  it('follows the time a test gives each link', async () => {
    const clock = createManualClock();
    const taskTimeMsOf = (link: string) => (link.endsWith('quick') ? 10 : undefined);
    await using simulator = await startSimulator({ taskTime: '1h' }, { clock, taskTimeMsOf });
    const quick = await make(simulator, 'quick');
    const slow = await make(simulator, 'slow');
    clock.advance(10);
    expect((await recordOf(simulator, quick)).state).toBe('success');
    expect((await recordOf(simulator, slow)).state).toBe('waiting');
    expect(simulator.counts().greatestRunning).toBe(2);
  });
});

describe('the fate of a task', () => {
  it.each<[FaultName, string, RegExp]>([
    ['task-fails-500', '500', /try again later/],
    ['task-fails-422', '422', /could not be accessed/],
    ['task-times-out', '524', /generate task timeout/],
  ])('%s ends in fail and costs nothing', async (fault, failCode, failMsg) => {
    const { simulator, clock } = await startWith(fault);
    await using _ = simulator;
    const taskId = await make(simulator, 'a');
    clock.advance(100_000);
    const record = await recordOf(simulator, taskId);
    expect(record).toMatchObject({ state: 'fail', failCode, creditsConsumed: 0 });
    expect(record.failMsg).toMatch(failMsg);
    expect(simulator.counts().creditsSpent).toBe(0);
    expect(() => simulator.resultBytesOf(taskId)).toThrow(/has no result/);
  });

  it('a timeout may turn into success a minute later', async () => {
    const { simulator, clock } = await startWith('task-recovers');
    await using _ = simulator;
    const taskId = await make(simulator, 'a');
    clock.advance(100_000);
    expect(await recordOf(simulator, taskId)).toMatchObject({ state: 'fail', failCode: '524' });
    expect(simulator.counts().creditsSpent).toBe(0);
    clock.advance(60_000);
    expect(await recordOf(simulator, taskId)).toMatchObject({ state: 'success', creditsConsumed: 10 });
    expect(simulator.counts().creditsSpent).toBe(10);
  });

  it('may be never to end, or to be forgotten', async () => {
    const never = await startWith('task-never-ends');
    const forgotten = await startWith('task-forgotten');
    await using _ = never.simulator;
    await using __ = forgotten.simulator;
    const taskId = await make(never.simulator, 'a');
    never.clock.advance(1e12);
    expect((await recordOf(never.simulator, taskId)).state).not.toBe('success');
    const orphan = await make(forgotten.simulator, 'a');
    expect((await answerOf(await query(forgotten.simulator, orphan))).msg).toBe('recordInfo is null');
  });

  it.each<[FaultName, unknown]>([
    ['task-empty-result', ''],
    ['task-broken-result', '{"resultUrls":['],
  ])('%s shows no usable result at first', async (fault, resultJson) => {
    const { simulator, clock } = await startWith(fault);
    await using _ = simulator;
    const taskId = await make(simulator, 'a');
    clock.advance(100_000);
    expect(await recordOf(simulator, taskId)).toMatchObject({ state: 'success', resultJson });
    clock.advance(2000);
    expect(await resultUrlsOf(simulator, taskId)).toHaveLength(1);
  });

  it('may have three results, or one as an object', async () => {
    const several = await startWith('task-several-results', { taskTime: 0 });
    const asObject = await startWith('task-object-result', { taskTime: 0 });
    await using _ = several.simulator;
    await using __ = asObject.simulator;
    expect(await resultUrlsOf(several.simulator, await make(several.simulator, 'a'))).toHaveLength(3);
    const { resultJson } = await recordOf(asObject.simulator, await make(asObject.simulator, 'a'));
    expect(resultJson).toHaveProperty('resultUrls');
  });
});

describe('faults of a query', () => {
  it.each<[FaultName, number, string]>([
    ['record-500', 200, '"code":500'],
    ['record-http-500', 500, '"code":500'],
    ['record-bad-gateway', 503, '<html>'],
    ['record-html', 200, '<!doctype html>'],
    ['record-429', 200, '"code":429'],
    ['record-http-429', 429, '"code":429'],
    ['record-null', 200, 'recordInfo is null'],
    ['record-not-found', 200, '"code":404'],
    ['record-unknown-state', 200, '"state":"archiving"'],
    ['record-slow', 200, '"code":200'],
  ])('%s answers HTTP %d with %s', async (fault, httpStatus, text) => {
    const { simulator } = await startWith(fault, { slowAnswerMs: 1 });
    await using _ = simulator;
    const response = await query(simulator, await make(simulator, 'a'));
    expect(response.status).toBe(httpStatus);
    expect(await response.text()).toContain(text);
  });

  it('record-lost resets the connection', async () => {
    const { simulator } = await startWith('record-lost');
    await using _ = simulator;
    const taskId = await make(simulator, 'a');
    await expect(query(simulator, taskId)).rejects.toThrow();
    expect((await create(simulator, 'b')).status).toBe(200);
  });
});
