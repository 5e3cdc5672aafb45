/** A list behind a URL, over real HTTP: asked for only when it has changed, bounded, and never half taken. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createOutgoing } from '../../../src/shared/outgoing/outgoing.ts';
import { linkOf, listOf, startTaking } from './taking.ts';

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Closes the connection in the middle of the body. */
  readonly cut?: boolean;
}

async function serve(answer: (request: IncomingMessage, count: number) => Answer) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    requests.push(request);
    const { status = 200, headers = {}, body = '', cut = false } = answer(request, requests.length);
    if (cut) {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) + 100 });
      response.write(body, () => response.destroy());
    } else {
      response.writeHead(status, headers);
      response.end(body);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}/links`, requests };
}

describe('a URL as a source', () => {
  it('costs one 304 while the list is unchanged', async () => {
    const { take } = await startTaking();
    const { url, requests } = await serve((request) =>
      request.headers['if-none-match'] === '"v1"'
        ? { status: 304 }
        : { headers: { etag: '"v1"' }, body: listOf(1, 2) },
    );
    expect((await take(url)).counts.accepted).toBe(2);
    expect(await take(url)).toMatchObject({ lists: 0, unchanged: 1, counts: { total: 0 } });
    expect(requests).toHaveLength(2);
  });

  it('asks with the date of the last change where there is no tag', async () => {
    const { take } = await startTaking();
    const lastModified = 'Sun, 22 Nov 2026 10:00:00 GMT';
    const { url, requests } = await serve((request) =>
      request.headers['if-modified-since'] === lastModified
        ? { status: 304 }
        : { headers: { 'last-modified': lastModified }, body: listOf(1) },
    );
    await take(url);
    expect((await take(url)).unchanged).toBe(1);
    expect(requests[1]?.headers['if-none-match']).toBeUndefined();
  });

  it('reads nothing twice from a server that knows neither', async () => {
    const { take, invalid } = await startTaking();
    const { url } = await serve(() => ({ body: `${listOf(1)}not a link\n` }));
    await take(url);
    expect(await take(url)).toMatchObject({ lists: 0, unchanged: 1 });
    expect(invalid).toHaveLength(1);
  });

  it('brings only what was added', async () => {
    const { take, linksOf } = await startTaking();
    const { url } = await serve((_, count) => ({
      headers: { etag: `"${count}"` },
      body: listOf(1, 2, count + 2),
    }));
    await take(url, { batch: 'monday' });
    expect((await take(url, { batch: 'tuesday' })).counts).toMatchObject({ accepted: 1, duplicates: 2 });
    expect(await linksOf('tuesday')).toEqual([linkOf(4)]);
  });

  it.each([
    ['text', {}, listOf(1, 2)],
    [
      'CSV by its type',
      { 'content-type': 'text/csv; charset=utf-8' },
      `id,video\n1,${linkOf(1)}\n2,${linkOf(2)}\n`,
    ],
    ['JSON', { 'content-type': 'application/json' }, JSON.stringify({ links: [linkOf(1), linkOf(2)] })],
    ['JSONL', { 'content-type': 'application/x-ndjson' }, `{"url":"${linkOf(1)}"}\n{"url":"${linkOf(2)}"}\n`],
    ['gzip that was sent unasked', { 'content-encoding': 'gzip' }, gzipSync(listOf(1, 2))],
  ])('takes %s', async (_what, headers, body) => {
    const { take, linksOf } = await startTaking();
    const { url } = await serve(() => ({ headers, body }));
    await take(url);
    expect(await linksOf()).toEqual([1, 2].map(linkOf));
  });

  it('is asked again after a cut or a failing server, and takes nothing of a half list', async () => {
    const { take, linksOf } = await startTaking();
    const { url, requests } = await serve((_, count) => {
      if (count === 1) return { status: 503 };
      return { body: listOf(1, 2), cut: count === 2 };
    });
    await take(url);
    expect(requests).toHaveLength(3);
    expect(await linksOf()).toEqual([1, 2].map(linkOf));
  });

  it.each([
    ['a failing server', { status: 500 }, /answers 500/, 3],
    ['a list that is not there', { status: 404 }, /answers 404/, 1],
    [
      'a web page',
      { headers: { 'content-type': 'text/html' }, body: '<html>' },
      /a web page, not with a list/,
      1,
    ],
    [
      'a list beyond the limit',
      { body: listOf(1).repeat(2000) },
      /larger than 100000 bytes \(MAX_LIST_BYTES\)/,
      1,
    ],
    ['a transfer that is always cut', { body: listOf(1), cut: true }, /broke off/, 3],
  ])('ends with the reason at %s, and takes nothing', async (_what, answer: Answer, reason, tries) => {
    const { take, ledger } = await startTaking();
    const { url, requests } = await serve(() => answer);
    await expect(take(`${url}?token=secret`)).rejects.toThrow(reason);
    await expect(take(`${url}?token=secret`)).rejects.not.toThrow(/secret/);
    expect(requests).toHaveLength(tries * 2);
    expect(await ledger.batchNames()).toEqual([]);
  });

  it('gives up on a server whose response never ends', async () => {
    const { take } = await startTaking();
    const server = createServer((_request, response) => void response.write('https://'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const sources = { fetchTimeoutMs: 100, retryDelaysMs: [] };
    await expect(take(`http://127.0.0.1:${port}/`, { sources })).rejects.toThrow(/took longer than 0.1 s/);
  });

  it('does not reach private addresses unless they are allowed, not even by a redirect', async () => {
    const { take } = await startTaking();
    const { url, requests } = await serve(() => ({ body: listOf(1) }));
    const outgoing = createOutgoing({ allowPrivateAddresses: false });
    onTestFinished(() => outgoing.close());
    await expect(take(url, { sources: { outgoing } })).rejects.toThrow(/is refused/);
    await expect(take(url.replace('http:', 'https:'), { sources: { outgoing } })).rejects.toThrow(
      /is refused: .*not a public address/,
    );
    expect(requests).toHaveLength(0);
  });
});
