/** The HTTP API over real HTTP: lists in, items out, acting, and the document that says so. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { calls } from '../../src/server/api/calls.ts';
import { openApiDocument } from '../../src/server/api/openapi.ts';
import { shareLink } from '../setup/system.ts';
import { openWindow, type TestWindow } from './window.ts';

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
    expect(created).toMatchObject({ batch: 'api', accepted: 2, invalid: 1 });
    expect(created.invalidLines[0]?.text).toBe('nonsense');
    expect(await window.system.session.ledger.batch('api')).toMatchObject({ counts: { queued: 2 } });
  });

  it('twice under one Idempotency-Key gets the first answer, and a key belongs to one request', async () => {
    await using window = await openWindow();
    const key = { 'idempotency-key': 'k1' };
    const first = await (await create(window, shareLink(1), 'text/plain', key)).json();
    expect(await (await create(window, shareLink(1), 'text/plain', key)).json()).toEqual(first);
    expect((await create(window, shareLink(1), 'text/plain', key, 'batch=other')).status).toBe(422);
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

  it('answers with problems where there is nothing', async () => {
    await using window = await openWindow();
    for (const path of ['batches/none', 'items/none', 'batches/none/items', 'items/none/events'])
      expect([path, (await window.get(`/api/v1/${path}`)).status]).toEqual([path, 404]);
  });

  it('is described by a document that knows every call', () => {
    const document = z
      .object({ openapi: z.literal('3.1.0'), paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(openApiDocument());
    for (const { path, method } of Object.values(calls))
      expect(document.paths[`/api/v1${path}`]).toHaveProperty(method.toLowerCase());
  });
});
