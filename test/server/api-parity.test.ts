/** What the pages can do the API can do too: schedules, audit log, workers, several batches, checks; and money is asked for. */
import { describe, expect, it } from 'vitest';
import { until } from '../setup/until.ts';
import { openWindow, type TestWindow } from './window.ts';

async function ask(window: TestWindow, method: string, path: string, body?: object) {
  const answer = await fetch(`${window.url}/api/v1/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: answer.status, json: await answer.json() };
}

describe('schedules', () => {
  const schedule = {
    cron: '0 6 * * 1-5',
    source: 'https://127.0.0.1:1/l.txt',
    model: 'sora-watermark-remover',
  };

  it('are made, changed, paused, run and removed', async () => {
    await using window = await openWindow();
    expect((await ask(window, 'PUT', 'schedules/nightly', schedule)).status).toBe(200);
    const changed = { ...schedule, timeZone: 'Europe/Berlin', maxCredits: 50 };
    expect((await ask(window, 'PUT', 'schedules/nightly', changed)).status).toBe(200);
    const list = async () => (await ask(window, 'GET', 'schedules')).json.schedules;
    expect(await list()).toMatchObject([
      { name: 'nightly', timeZone: 'Europe/Berlin', budget: 50, paused: false },
    ]);
    expect((await list())[0].next).toHaveLength(5);
    await ask(window, 'POST', 'schedules/nightly/pause');
    expect(await list()).toMatchObject([{ paused: true, next: [] }]);
    await ask(window, 'POST', 'schedules/nightly/resume');
    expect((await ask(window, 'POST', 'schedules/nightly/run')).status).toBe(200);
    expect((await ask(window, 'DELETE', 'schedules/nightly')).json).toEqual({ done: true });
    expect(await list()).toEqual([]);
  });

  it.each([
    ['a cron expression that is none', { ...schedule, cron: 'often' }, /cron/],
    ['a path of the server', { ...schedule, source: '/etc/passwd' }, /source/],
    ['a bucket without a name', { ...schedule, source: 's3:///list.txt' }, /s3/],
    ['an unknown field', { ...schedule, budget: 3 }, /budget/],
    ['an unknown model', { ...schedule, model: 'none' }, /none/],
  ])('with %s are refused', async (_name, body, words) => {
    await using window = await openWindow();
    const { status, json } = await ask(window, 'PUT', 'schedules/nightly', body);
    expect([status, json.detail]).toEqual([422, expect.stringMatching(words)]);
    expect((await ask(window, 'GET', 'schedules')).json.schedules).toEqual([]);
  });
});

it('several batches are acted on at once, and each that cannot be is named', async () => {
  await using window = await openWindow();
  const { ledger } = window.system.session;
  for (const name of ['a', 'b']) await window.system.give(1, name);
  const paused = await ask(window, 'POST', 'batches/act', { action: 'pause', batches: ['a', 'b', 'none'] });
  expect(paused.json).toEqual({
    done: ['a', 'b'],
    refused: [{ batch: 'none', reason: 'There is no such batch.' }],
  });
  expect((await ledger.batch('a'))?.isPaused).toBe(true);
  await ask(window, 'POST', 'batches/act', { action: 'priority', batches: ['b'], priority: 7 });
  expect((await ledger.batch('b'))?.priority).toBe(7);
});

it('the audit log, workers, stuck links and failures are read', async () => {
  await using window = await openWindow();
  const [id = ''] = await window.system.give(2);
  await window.system.session.ledger.move('fail', id, { reason: 'rejected', message: 'gone' });
  await window.system.startWorker(['submit']);
  await ask(window, 'POST', 'pause');
  await ask(window, 'POST', 'batches/test/pause');
  const { json } = await ask(window, 'GET', 'audit?target=test');
  expect(json.entries).toMatchObject([
    { who: 'local', action: 'POST /batches/{name}/pause', target: 'test' },
  ]);
  const workers = await until(async () => {
    const found = (await ask(window, 'GET', 'workers')).json.workers;
    return found.length > 0 ? found : null;
  }, 'the worker is there');
  expect(workers).toMatchObject([{ alive: true, stages: ['submit'] }]);
  expect((await ask(window, 'GET', 'stuck')).json).toMatchObject({ tasks: 0, items: [] });
  expect((await ask(window, 'GET', 'batches/test/failures')).json.groups).toEqual([
    { reason: 'rejected', message: 'gone', items: 1 },
  ]);
  const overview = await until(async () => {
    const found = (await ask(window, 'GET', 'overview')).json;
    return found.situation === 'all-paused' ? found : null;
  }, 'the pause is told');
  expect(overview.headline).toContain('Everything was paused');
  expect((await ask(window, 'POST', `items/${id}/check`)).json).toEqual({ items: 0 });
});

describe('what spends', () => {
  it('retries nothing when it is more, or costs more, than was agreed to', async () => {
    await using window = await openWindow();
    const ids = await window.system.give(3);
    const { ledger } = window.system.session;
    for (const id of ids) await ledger.move('fail', id, { reason: 'rejected', message: 'no' });
    const retry = (atMost: object) => ask(window, 'POST', 'batches/test/retry', { atMost });
    for (const atMost of [{ items: 2 }, { items: 3, credits: 29 }]) {
      expect((await retry(atMost)).status).toBe(409);
      expect((await ledger.batch('test'))?.counts.failed).toBe(3);
    }
    expect(await ask(window, 'POST', `items/${ids[0]}/retry`, { atMost: { credits: 9 } })).toMatchObject({
      status: 409,
    });
    expect((await ask(window, 'GET', `items/${ids[0]}/retry`)).json).toMatchObject({ items: 1, newTasks: 1 });
    expect((await retry({ items: 3, credits: 30 })).json).toEqual({ items: 3 });
  });

  it('resumes a batch at a new price only with that price', async () => {
    await using window = await openWindow({ simulator: { creditsPerTask: 80 } });
    await fetch(`${window.url}/api/v1/batches?batch=test`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: ['a', 'b', 'c'].map((n) => `https://sora.chatgpt.com/p/s_${n.repeat(32)}`).join('\n'),
    });
    const { redis, configuration } = window.system.session;
    await redis.hset(`${configuration.QUEUE_PREFIX}:batch:test`, 'dearer', '10 80', 'paused', '1');
    const resume = (body?: object) => ask(window, 'POST', 'batches/test/resume', body);
    for (const body of [undefined, { price: 79 }]) expect((await resume(body)).status).toBe(409);
    expect(
      (await ask(window, 'POST', 'batches/act', { action: 'resume', batches: ['test'] })).json.done,
    ).toEqual([]);
    expect((await window.post('/batches/test/resume')).status).toBe(409);
    expect((await window.system.session.ledger.batch('test'))?.isPaused).toBe(true);
    expect((await resume({ price: 80 })).json).toEqual({ done: true });
  });
});

it('a batch is followed by server-sent events, and none that is not there', async () => {
  await using window = await openWindow();
  await window.system.give(2);
  expect((await fetch(`${window.url}/api/v1/batches/none/events`)).status).toBe(404);
  const stopping = new AbortController();
  const answer = await fetch(`${window.url}/api/v1/batches/test/events`, { signal: stopping.signal });
  let text = '';
  const reading = (async () => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  await until(() => text.includes('event: batch'), 'the batch is told');
  await ask(window, 'POST', 'batches/test/cancel');
  await until(() => text.includes('"cancelled":2'), 'the change is told');
  stopping.abort();
  await reading;
});
