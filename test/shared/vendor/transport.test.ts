/**
 * What can be known of a request that got no answer: "not sent" only where not one byte can have left.
 * Real sockets that refuse, reset, stay silent, close half-way or serve no TLS; a create call that may
 * have arrived is ambiguous, and arrives at most once.
 */
import type { Socket } from 'node:net';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  connect,
  defaultModel,
  LINK,
  never,
  onWholeRequest,
  rawAnswer,
  refusingUrl,
  serveTcp,
} from './loopback-server.ts';

const ACCEPTED = '{"code":200,"data":{"taskId":"abc"}}';
const SHORT_MS = 200;

function create(url: string, options = {}, signal = never()) {
  return connect(url, options).client.create({ model: defaultModel, url: LINK }, signal);
}

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

function oneConnection(): Agent {
  const dispatcher = new Agent({ connections: 1 });
  onTestFinished(() => dispatcher.destroy());
  return dispatcher;
}

/** A vendor that counts whole requests and answers each in its own way. */
async function serveRequests(onRequest: (socket: Socket, count: number) => void) {
  const counts = { requests: 0, connections: 0 };
  const url = await serveTcp((socket) => {
    counts.connections += 1;
    onWholeRequest(socket, () => {
      counts.requests += 1;
      onRequest(socket, counts.requests);
    });
  });
  return { url, counts };
}

describe('nothing was sent', () => {
  test('the connection is refused', async () => {
    expect(await create(await refusingUrl())).toMatchObject({ kind: 'retry', sent: false });
  });

  test('the host name does not exist', async () => {
    expect(await create('http://host.invalid')).toMatchObject({ kind: 'retry', sent: false });
  });

  test('the other side speaks no TLS', async () => {
    const url = await serveTcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await create(url.replace('http:', 'https:'))).toMatchObject({ kind: 'retry', sent: false });
  });

  test('the other side hangs up during the TLS handshake', async () => {
    const url = await serveTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await create(url.replace('http:', 'https:'))).toMatchObject({ kind: 'retry', sent: false });
  });

  test('the TLS handshake never ends', async () => {
    const url = await serveTcp(() => {});
    const reply = await create(url.replace('http:', 'https:'), { timeoutMs: SHORT_MS });
    expect(reply).toMatchObject({ kind: 'retry', sent: false });
  });

  test('the connection cannot be made in time', async () => {
    // A connector that never connects: a host that swallows packets is not to be had everywhere.
    const dispatcher = new Agent({ connect: () => {} });
    onTestFinished(() => dispatcher.destroy());
    const reply = await create('http://127.0.0.1:9', { dispatcher, timeoutMs: SHORT_MS });
    expect(reply).toMatchObject({ kind: 'retry', sent: false });
  });

  test('the network cannot be reached', async () => {
    const unreachable = Object.assign(new Error('connect ENETUNREACH'), { code: 'ENETUNREACH' });
    const dispatcher = new Agent({ connect: (_, callback) => callback(unreachable, null) });
    onTestFinished(() => dispatcher.destroy());
    expect(await create('http://127.0.0.1:9', { dispatcher })).toMatchObject({
      kind: 'retry',
      sent: false,
    });
  });

  test('the signal was given before', async () => {
    const { url, counts } = await serveRequests((socket) => socket.write(rawAnswer(ACCEPTED)));
    expect(await create(url, {}, AbortSignal.abort())).toMatchObject({ kind: 'retry', sent: false });
    expect(counts.connections).toBe(0);
  });

  test('the signal came while the request waited for a connection, and it stays unsent', async () => {
    const first = Promise.withResolvers<Socket>();
    const { url, counts } = await serveRequests((socket, count) => {
      if (count === 1) first.resolve(socket);
      else socket.write(rawAnswer(ACCEPTED));
    });
    const { client } = connect(url, { dispatcher: oneConnection() });
    const request = { model: defaultModel, url: LINK };
    const holding = client.create(request, never());
    const socket = await first.promise;
    const stopper = new AbortController();
    const waiting = client.create(request, stopper.signal);
    stopper.abort();
    expect(await waiting).toMatchObject({ kind: 'retry', sent: false });
    socket.write(rawAnswer(ACCEPTED));
    expect(await holding).toMatchObject({ kind: 'accepted' });
    expect(await client.create(request, never())).toMatchObject({ kind: 'accepted' });
    expect(counts.requests).toBe(2);
  });
});

describe('the request may have arrived', () => {
  const ways: [string, (socket: Socket) => unknown][] = [
    ['reset after reading', (socket) => socket.resetAndDestroy()],
    ['closed without an answer', (socket) => socket.end()],
    ['closed in the middle of the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['closed after the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n')],
    ['closed in the middle of the body', (socket) => socket.end(rawAnswer(ACCEPTED).slice(0, -10))],
    [
      'reset in the middle of the body',
      (socket) => socket.write(rawAnswer(ACCEPTED).slice(0, -10), () => socket.resetAndDestroy()),
    ],
    ['closed in the middle of a chunk', (socket) => socket.end(`${CHUNKED}30\r\n{"code":200`)],
    ['closed before the last chunk', (socket) => socket.end(`${CHUNKED}b\r\n{"code":200\r\n`)],
    ['an answer that is no HTTP', (socket) => socket.end('what?\r\n\r\n')],
    [
      'an answer without a length, closed too early',
      (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"code":200,'),
    ],
  ];

  test.each(ways)('%s', async (_, onRequest) => {
    const { url, counts } = await serveRequests(onRequest);
    expect(await create(url)).toMatchObject({ kind: 'ambiguous' });
    expect(counts.requests).toBe(1);
  });

  test.each(ways)('a query can be repeated all the same: %s', async (_, onRequest) => {
    const { url } = await serveRequests(onRequest);
    const { client } = connect(url);
    expect(await client.read(defaultModel, 't', never())).toMatchObject({
      kind: 'retry',
      sent: true,
    });
  });

  test('no answer ever comes', async () => {
    const { url, counts } = await serveRequests(() => {});
    expect(await create(url, { timeoutMs: SHORT_MS })).toMatchObject({ kind: 'ambiguous' });
    expect(counts.requests).toBe(1);
  });

  test('the answer stops half-way', async () => {
    const { url } = await serveRequests((socket) => socket.write(rawAnswer(ACCEPTED).slice(0, -10)));
    expect(await create(url, { timeoutMs: SHORT_MS })).toMatchObject({ kind: 'ambiguous' });
  });

  test("undici's own timeout for headers strikes first", async () => {
    const { url, counts } = await serveRequests(() => {});
    const dispatcher = new Agent({ headersTimeout: SHORT_MS });
    onTestFinished(() => dispatcher.destroy());
    expect(await create(url, { dispatcher })).toMatchObject({ kind: 'ambiguous' });
    expect(counts.requests).toBe(1);
  });

  test('the signal comes after the request has left', async () => {
    const stopper = new AbortController();
    const { url } = await serveRequests(() => stopper.abort());
    expect(await create(url, {}, stopper.signal)).toMatchObject({ kind: 'ambiguous' });
  });

  test('the client is closed during the request', async () => {
    const arrived = Promise.withResolvers<void>();
    const { url } = await serveRequests(() => arrived.resolve());
    const { client } = connect(url);
    const reply = client.create({ model: defaultModel, url: LINK }, never());
    await arrived.promise;
    await client.close();
    expect(await reply).toMatchObject({ kind: 'ambiguous' });
  });
});

test('a connection reset as soon as it was open is unsent or ambiguous, whichever the sockets saw', async () => {
  const url = await serveTcp((socket) => socket.resetAndDestroy());
  const reply = await create(url);
  expect(reply.kind === 'retry' ? reply.sent : reply.kind).toBeOneOf([false, 'ambiguous']);
});

describe('connections that are kept', () => {
  test('a connection carries many create calls', async () => {
    const { url, counts } = await serveRequests((socket) => socket.write(rawAnswer(ACCEPTED)));
    const { client } = connect(url);
    for (let count = 0; count < 5; count += 1)
      await client.create({ model: defaultModel, url: LINK }, never());
    expect(counts.requests).toBe(5);
    expect(counts.connections).toBeLessThan(5);
  });

  test('a connection the vendor closed between two calls costs nothing: the call takes a new one', async () => {
    const { url, counts } = await serveRequests((socket) => socket.end(rawAnswer(ACCEPTED)));
    const { client } = connect(url);
    for (let count = 0; count < 20; count += 1) {
      const reply = await client.create({ model: defaultModel, url: LINK }, never());
      expect(reply).toMatchObject({ kind: 'accepted' });
    }
    expect(counts.requests).toBe(20);
  });

  test.each([
    ['closes', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ])(
    'a kept connection the vendor %s under a call makes it ambiguous, and it is never repeated',
    async (_, end) => {
      const { url, counts } = await serveRequests((socket, count) => {
        if (count === 1) socket.write(rawAnswer(ACCEPTED));
        else end(socket);
      });
      const { client } = connect(url);
      expect(await client.create({ model: defaultModel, url: LINK }, never())).toMatchObject({
        kind: 'accepted',
      });
      expect(await client.create({ model: defaultModel, url: LINK }, never())).toMatchObject({
        kind: 'ambiguous',
      });
      expect(counts.requests).toBe(2);
    },
  );

  test('a transport that would send a request twice is stopped', async () => {
    const { url, counts } = await serveRequests((socket) => socket.resetAndDestroy());
    const dispatcher = new Agent().compose((dispatch) => (options, handler) => {
      return dispatch(options, {
        onRequestStart: (...start) => handler.onRequestStart?.(...start),
        onResponseError: () => void dispatch(options, handler),
      });
    });
    onTestFinished(() => dispatcher.destroy());
    expect(await create(url, { dispatcher })).toMatchObject({ kind: 'ambiguous' });
    expect(counts.requests).toBe(1);
  });
});
