import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import type { ResolveHost } from '../../../src/shared/outgoing/checked-connector.ts';
import {
  createOutgoing,
  type Outgoing,
  type OutgoingOptions,
} from '../../../src/shared/outgoing/outgoing.ts';

const servers: Server[] = [];
const clients: Outgoing[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function serve(listener: RequestListener): Promise<{ origin: string; port: number }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { origin: `http://127.0.0.1:${address.port}`, port: address.port };
}

function client(options: Partial<OutgoingOptions> = {}): Outgoing {
  const outgoing = createOutgoing({ allowPrivateAddresses: true, ...options });
  clients.push(outgoing);
  return outgoing;
}

async function bodyOf(outgoing: Outgoing, url: string): Promise<string> {
  const reply = await outgoing.request({ url });
  if (reply.kind !== 'answered') throw new Error(JSON.stringify(reply));
  return text(reply.body);
}

test('a request looks like a browser, asks for no compression and carries no credential', async () => {
  const { origin } = await serve((request, response) => response.end(JSON.stringify(request.headers)));
  const headers = JSON.parse(await bodyOf(client(), `${origin}/`));
  expect(headers['user-agent']).toContain('Mozilla/5.0');
  expect(headers['accept-encoding']).toBe('identity');
  expect(headers).not.toHaveProperty('authorization');
  expect(headers).not.toHaveProperty('cookie');
});

test('a redirect is followed and the final address reported', async () => {
  const { origin } = await serve((request, response) => {
    if (request.url === '/a') response.writeHead(302, { location: '/b' }).end();
    else response.end('there');
  });
  const reply = await client().request({ url: `${origin}/a` });
  expect(reply).toMatchObject({ kind: 'answered', status: 200, url: `${origin}/b` });
});

test.each([
  ['http://169.254.169.254/latest/meta-data', 'is not a public address'],
  ['file:///etc/passwd', 'scheme file:'],
  ['http://user:secret@127.0.0.1/', 'user name'],
])('a redirect to %s is refused', async (location, message) => {
  const { origin } = await serve((_, response) => response.writeHead(302, { location }).end());
  const reply = await client().request({ url: `${origin}/a` });
  expect(reply).toMatchObject({ kind: 'refused', message: expect.stringContaining(message) });
});

test('a redirect without end is refused', async () => {
  const { origin } = await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
  const reply = await client({ maxRedirects: 3 }).request({ url: `${origin}/a` });
  expect(reply).toEqual({ kind: 'refused', message: 'more than 3 redirects' });
});

test('a POST is not repeated at another place', async () => {
  const { origin } = await serve((_, response) => response.writeHead(307, { location: '/other' }).end());
  const reply = await client().request({ url: `${origin}/a`, method: 'POST', body: '{}' });
  expect(reply).toMatchObject({ kind: 'answered', status: 307 });
});

test('a name that resolves to a private address is refused before anything is sent', async () => {
  let requests = 0;
  const { port } = await serve((_, response) => response.end(String(++requests)));
  const resolveHost: ResolveHost = async () => [
    { address: '93.184.216.34', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  const outgoing = client({ allowPrivateAddresses: false, resolveHost });
  const reply = await outgoing.request({ url: `https://public.example:${port}/a` });
  expect(reply).toEqual({
    kind: 'refused',
    message: 'public.example: 127.0.0.1 is not a public address (loopback)',
  });
  expect(requests).toBe(0);
});

test('a name is resolved once for a connection, so it cannot change between check and use', async () => {
  const { port } = await serve((_, response) => response.end('hello'));
  let calls = 0;
  const resolveHost: ResolveHost = async () => {
    calls += 1;
    return [{ address: calls === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
  };
  const outgoing = client({ resolveHost });
  expect(await bodyOf(outgoing, `http://rebinding.example:${port}/`)).toBe('hello');
  expect(calls).toBe(1);
});

test('a name that resolves to nothing is unreachable', async () => {
  const resolveHost: ResolveHost = async () => [];
  const reply = await client({ resolveHost }).request({ url: 'http://nowhere.example/' });
  expect(reply).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('no address') });
});

test('a closed port is unreachable', async () => {
  const { origin } = await serve(() => undefined);
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  expect(await client().request({ url: `${origin}/` })).toMatchObject({
    kind: 'unreachable',
    code: 'ECONNREFUSED',
  });
});

test('an answer that never comes is given up after the header timeout', async () => {
  const { origin } = await serve(() => undefined);
  const reply = await client({ headersTimeoutMs: 50 }).request({ url: `${origin}/` });
  expect(reply).toMatchObject({ kind: 'unreachable', code: 'UND_ERR_HEADERS_TIMEOUT' });
});

test('an endless body that is left costs no more: its connection ends', async () => {
  const left = Promise.withResolvers<void>();
  const { origin } = await serve((_, response) => {
    const more = () => {
      while (response.write('x'.repeat(10_000)));
    };
    response.on('close', () => left.resolve());
    response.on('drain', more);
    more();
  });
  const reply = await client().request({ url: `${origin}/` });
  if (reply.kind !== 'answered') throw new Error('unanswered');
  let received = 0;
  for await (const chunk of reply.body) {
    received += chunk.length;
    if (received > 25_000) break;
  }
  expect(received).toBeGreaterThan(25_000);
  await left.promise;
});

test('a cut body gives every byte that arrived, then the error', async () => {
  const { origin } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write(Buffer.alloc(300_000, 1), () => response.destroy());
  });
  const reply = await client().request({ url: `${origin}/` });
  if (reply.kind !== 'answered') throw new Error('unanswered');
  let received = 0;
  const reading = (async () => {
    for await (const chunk of reply.body) {
      received += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await expect(reading).rejects.toThrow();
  expect(received).toBe(300_000);
});

test('an aborted request rejects with the reason, also while it waits for a connection', async () => {
  const { origin } = await serve((_, response) => void response.writeHead(200).write('x'));
  const outgoing = client({ connectionsPerHost: 1 });
  const first = await outgoing.request({ url: `${origin}/` });
  const stop = new AbortController();
  const second = outgoing.request({ url: `${origin}/` }, stop.signal);
  stop.abort(new Error('stopping'));
  await expect(second).rejects.toThrow('stopping');
  if (first.kind === 'answered') first.body.destroy();
});

test('no more connections than allowed are open to one host', async () => {
  let open = 0;
  let most = 0;
  const { origin } = await serve((_, response) => {
    open += 1;
    most = Math.max(most, open);
    setImmediate(() => {
      open -= 1;
      response.end('x');
    });
  });
  const outgoing = client({ connectionsPerHost: 3 });
  await Promise.all(Array.from({ length: 20 }, () => bodyOf(outgoing, `${origin}/`)));
  expect(most).toBeLessThanOrEqual(3);
});
