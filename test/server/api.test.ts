/** The HTTP API over real HTTP: lists in, items out, acting, and the document that says so. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { calls } from '../../src/server/api/calls.ts';
import { openApiDocument } from '../../src/server/api/openapi.ts';
import { problemSchema } from '../../src/server/api/problem.ts';
import { shareLink } from '../setup/system.ts';
import { openWindow, openWindowOn, type TestWindow } from './window.ts';

function create(
  window: TestWindow,
  body: string,
  type: string,
  headers: Record<string, string> = {},
  query = 'batch=api',
) {
  return fetch(`${window.url}/api/v1/batches?${query}`, {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...headers },
  });
}

describe('a list sent to the API', () => {
  it.each([
    ['text/plain', `${shareLink(1)}\n${shareLink(2)}\nnonsense\n`],
    ['text/csv', `name,url\na,${shareLink(1)}\nb,${shareLink(2)}\nc,nonsense\n`],
    ['application/json', JSON.stringify([shareLink(1), { url: shareLink(2) }, 'nonsense'])],
    ['application/x-ndjson', `"${shareLink(1)}"\n{"url":"${shareLink(2)}"}\n"nonsense"\n`],
  ])('as %s becomes a batch, and what is wrong with it is told', async (type, body) => {
    await using window = await openWindow();
    const answer = await create(window, body, type);
    expect(answer.status).toBe(200);
    const created = calls.createBatch.answer.parse(await answer.json());
    const cost = { kind: 'each', credits: 10, basis: '10 a task, by the model’s definition' };
    expect(created).toMatchObject({ batch: 'api', accepted: 2, invalid: 1, cost });
    expect(created.invalidLines[0]?.text).toBe('nonsense');
    expect(await window.system.session.ledger.batch('api')).toMatchObject({ counts: { queued: 2 } });
  });

  it('finds the models with what they cost, what that rests on, and how old it is', async () => {
    await using window = await openWindow();
    await window.system.session.prices.freshen();
    const { models } = calls.models.answer.parse(await (await fetch(`${window.url}/api/v1/models`)).json());
    expect(models.find(({ id }) => id === 'topaz/video-upscale')).toMatchObject({
      price: { unit: 'second', credits: 8, by: { upscale_factor: { '4': 14 } } },
      priceSource: { kind: 'price-list', highestOf: null, message: expect.stringContaining('read just now') },
    });
    expect(models.find(({ id }) => id === 'sora-watermark-remover')).toMatchObject({
      price: { unit: 'task', credits: 10 },
      priceSource: { kind: 'definition', at: null },
    });
    expect(models.find(({ id }) => id === 'happyhorse/video-edit')).toMatchObject({
      requires: ['prompt'],
      price: null,
      priceSource: null,
    });
  });

  it('takes inputs for all links, and refuses what the model does not allow', async () => {
    await using window = await openWindow();
    const link = 'https://clips.example.com/1.mp4';
    const query = 'batch=edited&model=wan/2-7-videoedit&set=seed%3D7&set=prompt%3Da%3Db';
    const answer = await create(window, link, 'text/plain', {}, query);
    expect(await answer.json()).toMatchObject({ accepted: 1 });
    const { ledger } = window.system.session;
    for await (const [item] of ledger.items('edited'))
      expect(item?.inputs).toEqual({ prompt: 'a=b', seed: 7 });
    const wrong = await create(window, link, 'text/plain', {}, `${query}&set=resolution%3D8k`);
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain('resolution must be one of 720p, 1080p');
    const missing = await create(window, link, 'text/plain', {}, 'batch=x&model=happyhorse/video-edit');
    expect(missing.status).toBe(422);
    expect(await missing.text()).toContain('No line has the input prompt');
  });

  it('twice under one Idempotency-Key gets the first answer, also from a server started since', async () => {
    await using window = await openWindow();
    const key = { 'idempotency-key': 'k1' };
    const list = `${shareLink(1)}\n${shareLink(2)}`;
    const first = await (await create(window, list, 'text/plain', key)).json();
    expect(first).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(await (await create(window, list, 'text/plain', key)).json()).toEqual(first);
    await using restarted = await openWindowOn(window.system);
    expect(await (await create(restarted, list, 'text/plain', key)).json()).toEqual(first);
    // A key belongs to one request, and to one list.
    expect((await create(window, list, 'text/plain', key, 'batch=other')).status).toBe(422);
    expect((await create(window, shareLink(3), 'text/plain', key)).status).toBe(422);
    expect((await create(window, shareLink(3), 'text/plain', { 'idempotency-key': 'k2' })).status).toBe(200);
  });

  it('of the wrong kind is refused, and a page of binary is answered, not cut off', async () => {
    await using window = await openWindow();
    expect((await create(window, '<x/>', 'application/xml')).status).toBe(415);
    const binary = await create(window, '\u0000\u0001'.repeat(500_000), 'text/plain');
    expect(await binary.json()).toMatchObject({ accepted: 0 });
  });

  it.each([
    ['batch=bad%20name', 422],
    ['batch=x&model=no-such-model', 422],
  ])('with %s is refused with words', async (query, status) => {
    await using window = await openWindow();
    const answer = await create(window, shareLink(1), 'text/plain', {}, query);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({ status, detail: expect.any(String) });
  });

  it('may be large: 20,000 links in one stream', async () => {
    await using window = await openWindow();
    const links = Array.from({ length: 20_000 }, (_, n) => shareLink(n)).join('\n');
    expect(await (await create(window, links, 'text/plain')).json()).toMatchObject({ accepted: 20_000 });
  });
});

describe('the API', () => {
  it('reads a batch page by page, in order, each item once', async () => {
    await using window = await openWindow();
    const ids = await window.system.give(25);
    const seen: string[] = [];
    for (let next: number | null = 0; next !== null; ) {
      const answer = await window.get(`/api/v1/batches/test/items?limit=10&cursor=${next}`);
      const page = calls.items.answer.parse(await answer.json());
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
    }
    expect(seen).toEqual(ids);
  });

  it('tells the story of a saved item, and finds it by its task', async () => {
    await using window = await openWindow();
    const [id = ''] = await window.system.give(1);
    await window.system.startWorker();
    await window.system.ended();
    const item = calls.item.answer.parse(await (await window.get(`/api/v1/items/${id}`)).json());
    expect(item.state).toBe('saved');
    const { events } = calls.itemEvents.answer.parse(
      await (await window.get(`/api/v1/items/${id}/events`)).json(),
    );
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'looked')).toEqual([
      'task-created',
      'result-exists',
      'saved',
    ]);
    const found = await window.get(`/api/v1/batches/test/items?q=${item.taskId}`);
    expect(calls.items.answer.parse(await found.json()).items.map((each) => each.id)).toEqual([id]);
  });

  it('acts on a batch, and every action is in the audit log', async () => {
    await using window = await openWindow();
    await window.system.give(3);
    const post = async (path: string, body?: object) => {
      const answer = await fetch(`${window.url}/api/v1/batches/test/${path}`, {
        method: 'POST',
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      expect([path, answer.status]).toEqual([path, 200]);
      return answer.json();
    };
    await post('pause');
    await post('resume');
    await post('priority', { priority: 5 });
    expect(await post('cancel')).toEqual({ items: 3 });
    expect(await post('retry', {})).toEqual({ items: 3 });
    expect(await window.system.session.ledger.batch('test')).toMatchObject({
      priority: 5,
      counts: { queued: 3 },
    });
    const audit = await (await window.get('/audit')).text();
    for (const word of ['pause', 'resume', 'priority', 'cancel', 'retry'])
      expect(audit).toContain(`{name}/${word}`);
  });

  it.each([
    ['GET', 'batches/none', 404],
    ['GET', 'items/none', 404],
    ['GET', 'batches/none/items', 404],
    ['GET', 'items/none/events', 404],
    ['GET', 'nowhere', 404],
    ['GET', `items/${'x'.repeat(300)}`, 404],
    ['GET', 'items/%E0%A4%A', 400],
    ['DELETE', 'batches', 405],
    ['GET', 'batches/test/pause', 405],
    ['GET', 'batches?limit=0', 422],
    ['GET', 'batches?cursor=-1', 422],
    ['POST', 'batches/test/priority', 422],
    ['POST', 'batches/none/cancel', 404],
  ])('answers %s %s with a problem, %i', async (method, path, status) => {
    await using window = await openWindow();
    await window.system.give(1);
    const answer = await fetch(`${window.url}/api/v1/${path}`, { method });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(problemSchema.parse(await answer.json()).status).toBe(status);
    expect(answer.status).toBe(status);
  });

  it.each([
    ['text/plain', '{"priority":2}', 415],
    ['application/json', '{"priority":', 400],
    ['application/json', `{"priority":"${'x'.repeat(70_000)}"}`, 413],
  ])('answers a body %s that is wrong with a problem', async (type, body, status) => {
    await using window = await openWindow();
    await window.system.give(1);
    const headers = { 'content-type': type };
    const answer = await fetch(`${window.url}/api/v1/batches/test/priority`, {
      method: 'POST',
      body,
      headers,
    });
    expect([answer.status, problemSchema.parse(await answer.json()).status]).toEqual([status, status]);
  });

  it('streams what changes as JSON', async () => {
    await using window = await openWindow();
    const leaving = new AbortController();
    const answer = await fetch(`${window.url}/api/v1/events`, { signal: leaving.signal });
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.includes('event: overview')) break;
    }
    const data = /event: overview\ndata: (.*)/.exec(text)?.[1] ?? '';
    expect(JSON.parse(data)).toMatchObject({ states: { saved: 0 }, paused: false, halts: [] });
  });

  it('pauses and resumes everything, and writes down what was refused too', async () => {
    await using window = await openWindow();
    for (const path of ['pause', 'resume', 'batches/none/cancel'])
      await fetch(`${window.url}/api/v1/${path}`, { method: 'POST' });
    const audit = await (await window.get('/audit')).text();
    for (const message of ['POST /pause', 'POST /resume', 'failed: There is no batch none.'])
      expect(audit).toContain(message);
  });

  it('is described by a valid document that knows every call', async () => {
    const validation = await new Validator().validate(JSON.parse(JSON.stringify(openApiDocument())));
    expect(validation.errors ?? []).toEqual([]);
    const document = z
      .object({ openapi: z.literal('3.1.0'), paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(openApiDocument());
    for (const { path, method } of Object.values(calls))
      expect(document.paths[`/api/v1${path}`]).toHaveProperty(method.toLowerCase());
  });
});
