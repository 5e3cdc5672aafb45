import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../src/simulator/faults.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { answerOf, create, createBody, createManualClock, get, linkOf, make, post, sora } from './calls.ts';

describe('creating a task', () => {
  it('answers with a unique id, and counts the task under its link', async () => {
    await using simulator = await startSimulator();
    const taskIds = [await make(simulator, 'a'), await make(simulator, 'a'), await make(simulator, 'b')];
    expect(new Set(taskIds).size).toBe(3);
    expect(taskIds[0]).toMatch(/^[0-9a-f]{32}$/);
    const { tasks, links } = simulator.counts();
    expect(tasks).toBe(3);
    expect(links[linkOf('a')]).toEqual({ admitted: 2, taskIds: taskIds.slice(0, 2) });
  });

  it('can give the long ids of the documentation', async () => {
    await using simulator = await startSimulator({ taskIds: 'long' });
    const taskIds = [await make(simulator, 'a'), await make(simulator, 'b')];
    expect(taskIds[0]).toMatch(/^task_sora-watermark-remover_\d+$/);
    expect(taskIds[0]).not.toBe(taskIds[1]);
  });

  it('takes other models and the path of newer ones', async () => {
    await using simulator = await startSimulator();
    const body = {
      model: 'topaz/video-upscale',
      input: { video_url: 'https://x.example/v.mp4', upscale_factor: '2' },
    };
    expect((await answerOf(await post(simulator, '/api/v1/jobs/createTask', body))).code).toBe(200);
    expect((await answerOf(await post(simulator, '/api/v3/jobs/createTask', body))).code).toBe(200);
  });

  it.each<[string, unknown, number, RegExp]>([
    ['a body that is no JSON', '{', 400, /JSON/],
    ['no model', { input: {} }, 500, /model is required/],
    ['an unknown model', { model: 'x', input: {} }, 422, /^The model name you specified is not supported/],
    ['no input', { model: sora }, 500, /input is required/],
    ['no link', { model: sora, input: { upload_method: 's3' } }, 500, /video_url is required/],
    [
      'no prompt where one is required',
      { model: 'happyhorse/video-edit', input: { video_url: 'https://a.example/1.mp4' } },
      500,
      /^prompt is required/,
    ],
    [
      'a video that is no list where a list is wanted',
      { model: 'wan/2-6-video-to-video', input: { video_urls: 'https://a.example/1.mp4', prompt: 'x' } },
      500,
      /^video_urls must be an array/,
    ],
    [
      'a number out of range',
      { model: 'wan/2-7-videoedit', input: { video_url: 'https://a.example/1.mp4', duration: 11 } },
      500,
      /within the specified range/,
    ],
    [
      'another upload method',
      { model: sora, input: { video_url: linkOf('a'), upload_method: 'ftp' } },
      500,
      /upload_method is not within the range of allowed options/,
    ],
    [
      'another host',
      { model: sora, input: { video_url: 'https://x.example/p/s_1', upload_method: 's3' } },
      422,
      /video_url/,
    ],
    ['a link that is too long', createBody('x'.repeat(500)), 422, /video_url/],
    ['a callback address that is none', createBody('a', { callBackUrl: 'nowhere' }), 422, /callBackUrl/],
  ])('refuses %s', async (_, body, code, msg) => {
    await using simulator = await startSimulator();
    const answer = await answerOf(await post(simulator, '/api/v1/jobs/createTask', body));
    expect(answer).toMatchObject({ httpStatus: 200, code, data: null });
    expect(answer.msg).toMatch(msg);
    expect(simulator.counts().admittedAtMs).toEqual([]);
  });

  it.each<[string, SimulatorOptions, number, RegExp]>([
    ['live', {}, 500, /^This field is required$/],
    ['paused', { pausedModels: [sora] }, 500, /^This interface is temporarily paused$/],
    ['switched off', { disabledModels: [sora] }, 505, /disabled/],
    ['unknown', { models: 'other' }, 422, /not supported/],
  ])('tells by the free probe that a model is %s', async (_, options, code, msg) => {
    await using simulator = await startSimulator({ ...options, limit: '1/1h' });
    const probe = { model: sora, input: {} };
    await post(simulator, '/api/v1/jobs/createTask', probe);
    const answer = await answerOf(await post(simulator, '/api/v1/jobs/createTask', probe));
    expect(answer.code).toBe(code);
    expect(answer.msg).toMatch(msg);
    expect(simulator.counts()).toMatchObject({ probes: 2, tasks: 0, creditsSpent: 0, refused: 0 });
  });
});

describe('the account', () => {
  it.each<[string, SimulatorOptions, number, number]>([
    ['unauthorized', { condition: 'unauthorized' }, 200, 401],
    ['unauthorized with HTTP 401', { condition: 'unauthorized', unauthorizedAs: 'http' }, 401, 401],
    ['over the cap of its key', { condition: 'key-limit' }, 200, 433],
    ['in maintenance', { condition: 'maintenance' }, 200, 455],
    ['at an address without the endpoint', { condition: 'no-endpoint' }, 200, 404],
    ['without credits', { credits: 9.9 }, 200, 402],
    ['without credits, said as 500', { credits: 0, creditsRefusalCode: 500 }, 200, 500],
    ['of another key', { apiKey: 'right' }, 200, 401],
  ])('refuses tasks while it is %s', async (_, options, httpStatus, code) => {
    await using simulator = await startSimulator(options);
    expect(await answerOf(await create(simulator, 'a'))).toMatchObject({ httpStatus, code, data: null });
    expect(simulator.counts().tasks).toBe(0);
  });

  it('refuses calls without a key on every endpoint', async () => {
    await using simulator = await startSimulator();
    for (const path of ['/api/v1/chat/credit', '/api/v1/jobs/recordInfo?taskId=x']) {
      expect(await answerOf(await fetch(simulator.url + path))).toMatchObject({ httpStatus: 200, code: 401 });
    }
    expect(simulator.counts().keyRefusals).toBe(2);
  });

  it('pays for tasks, gets failed ones back, and can be topped up', async () => {
    const clock = createManualClock();
    const faultOf = ({ link }: { link: string }): FaultName | undefined =>
      link.endsWith('bad') ? 'task-fails-422' : undefined;
    await using simulator = await startSimulator({ credits: 25.5, taskTime: '1s' }, { clock, faultOf });
    const credit = async () => (await answerOf(await get(simulator, '/api/v1/chat/credit'))).data;
    await make(simulator, 'good');
    await make(simulator, 'bad');
    expect(await credit()).toBe(5.5);
    expect((await answerOf(await create(simulator, 'more'))).code).toBe(402);
    clock.advance(1000);
    expect(await credit()).toBe(15.5);
    expect(simulator.counts()).toMatchObject({ creditsSpent: 10, creditsLeft: 15.5, creditQueries: 2 });
    simulator.settings({ credits: 100 });
    expect(await credit()).toBe(100);
  });

  it('knows no other endpoint', async () => {
    await using simulator = await startSimulator();
    expect(await answerOf(await get(simulator, '/api/v1/jobs/list'))).toMatchObject({
      httpStatus: 200,
      code: 404,
    });
  });
});

describe('the limit', () => {
  it('admits its number, refuses the rest with HTTP 200, and admits again when the window has passed', async () => {
    const clock = createManualClock();
    await using simulator = await startSimulator({ limit: '3/1s' }, { clock });
    const codes = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, (_, n) => create(simulator, `${n}`)));
      return (await Promise.all(answers.map(answerOf))).map(({ code }) => code).sort();
    };
    expect(await codes(5)).toEqual([200, 200, 200, 429, 429]);
    clock.advance(999);
    expect(await codes(1)).toEqual([429]);
    clock.advance(1);
    expect(await codes(4)).toEqual([200, 200, 200, 429]);
    const { refused, tasks, greatestInWindow, admittedAtMs, createCalls } = simulator.counts();
    expect({ refused, tasks, greatestInWindow, createCalls }).toEqual({
      refused: 4,
      tasks: 6,
      greatestInWindow: 3,
      createCalls: 10,
    });
    expect(admittedAtMs).toHaveLength(6);
  });

  it.each<[SimulatorOptions, number, string | null, string]>([
    [{}, 200, null, 'Your call frequency is too high'],
    [{ refusal: 'http' }, 429, null, 'Your call frequency is too high'],
    [{ refusal: 'http-text' }, 429, null, 'Too Many Requests'],
    [{ refusal: 'http', retryAfter: 'seconds' }, 429, '10', 'frequency'],
    [{ retryAfter: 'date' }, 200, 'Tue, 01 Sep 2026 00:00:10 GMT', 'frequency'],
  ])('refuses as it is told: %j', async (options, httpStatus, retryAfter, text) => {
    const clock = createManualClock();
    await using simulator = await startSimulator({ limit: '1/10s', ...options }, { clock });
    await make(simulator, 'a');
    const response = await create(simulator, 'b');
    expect(response.status).toBe(httpStatus);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(await response.text()).toContain(text);
  });

  it('can report the remaining requests in RateLimit headers', async () => {
    await using simulator = await startSimulator({ limit: '2/10s', rateLimitHeaders: 'ratelimit' });
    const admitted = await create(simulator, 'a');
    expect(admitted.headers.get('ratelimit')).toBe('"default";r=1;t=10');
    expect(admitted.headers.get('ratelimit-policy')).toBe('"default";q=2;w=10');
    await create(simulator, 'b');
    expect((await create(simulator, 'c')).headers.get('ratelimit')).toBe('"default";r=0;t=10');
    simulator.settings({ rateLimitHeaders: 'x-ratelimit' });
    expect((await create(simulator, 'd')).headers.get('x-ratelimit-remaining')).toBe('0');
  });

  it('and the way it is counted can change while the simulator runs', async () => {
    const clock = createManualClock();
    await using simulator = await startSimulator({ limit: '1/10s' }, { clock });
    await make(simulator, 'a');
    expect((await answerOf(await create(simulator, 'b'))).code).toBe(429);
    simulator.settings({ limit: { max: 2, windowMs: 10_000 } });
    expect((await answerOf(await create(simulator, 'b'))).code).toBe(200);
    simulator.settings({ limiter: 'token-bucket' });
    expect((await answerOf(await create(simulator, 'c'))).code).toBe(200);
  });
});

describe('faults of creating', () => {
  it.each<[FaultName, number, number | string]>([
    ['create-500', 200, 500],
    ['create-http-500', 500, 500],
    ['create-408', 200, 408],
    ['create-rejected', 200, 422],
    ['create-unknown-code', 200, 599],
    ['create-without-id', 200, 200],
    ['create-html', 200, '<!doctype html>'],
    ['create-bad-gateway', 502, '<html>'],
  ])('%s makes no task', async (fault, httpStatus, told) => {
    await using simulator = await startSimulator({}, { faultOf: () => fault });
    const response = await create(simulator, 'a');
    expect(response.status).toBe(httpStatus);
    expect(await response.text()).toContain(typeof told === 'number' ? `"code":${told}` : told);
    expect(simulator.counts()).toMatchObject({ tasks: 0, creditsSpent: 0, faults: { [fault]: 1 } });
  });

  it.each<[FaultName, number]>([
    ['create-answer-lost', 1],
    ['create-lost', 0],
  ])('%s resets the connection with %d tasks made', async (fault, tasks) => {
    await using simulator = await startSimulator({ linkFaults: [{ contains: 's_a', fault, times: 1 }] });
    await expect(create(simulator, 'a')).rejects.toThrow();
    expect(simulator.counts().tasks).toBe(tasks);
    expect((await answerOf(await create(simulator, 'a'))).code).toBe(200);
  });

  it('create-slow and create-older-words make the task', async () => {
    await using simulator = await startSimulator({
      slowAnswerMs: 1,
      linkFaults: 's_slow=create-slow,s_old=create-older-words',
    });
    await make(simulator, 'slow');
    expect(await (await create(simulator, 'old')).json()).toEqual({
      code: 200,
      message: 'success',
      data: { task_id: simulator.counts().links[linkOf('old')]?.taskIds[0] },
    });
  });
});
