/** What strangers can cost the server, over raw connections. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import pino from 'pino';
import { expect, it } from 'vitest';
import { boundConnections, type ConnectionBounds } from '../../src/server/bound-connections.ts';
import { startServer } from '../../src/server/start-server.ts';
import { until } from '../setup/until.ts';

const bounds: ConnectionBounds = { mostConnections: 20, stallMs: 200, leastBytes: 10 };

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  changes: Partial<ConnectionBounds> = {},
) {
  const server = createServer(handle);
  const { held, end } = boundConnections(server, { ...bounds, ...changes });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  const open = async (text: string): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  };
  return {
    open,
    held,
    end,
    /** As a server does that stops; resolves when all connections have ended. */
    async stop() {
      end();
      server.close();
      await once(server, 'close');
    },
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

it('a flood of half-open requests blocks nobody, and the oldest of them are closed', async () => {
  await using server = await serve((_request, response) => response.end('here'));
  const flood: Socket[] = [];
  for (let n = 0; n < 100; n += 1) flood.push(await server.open('GET / HTTP/1.1\r\nHost: x\r\n'));
  expect(await (await fetch(server.url)).text()).toBe('here');
  await until(
    async () => flood.slice(0, 50).every((socket) => socket.destroyed || socket.readableEnded) || null,
    'the oldest are closed',
  );
  expect(flood.at(-1)?.destroyed).toBe(false);
  for (const socket of flood) socket.destroy();
});

it('a request that is being answered does not give way', async () => {
  let answer: (() => void) | undefined;
  await using server = await serve((_request, response) => {
    answer = () => response.end('late');
  });
  const slow = fetch(server.url);
  await until(async () => answer ?? null, 'the request has arrived');
  const flood: Socket[] = [];
  for (let n = 0; n < 60; n += 1) flood.push(await server.open('GET / HTTP/1.1\r\n'));
  answer?.();
  expect(await (await slow).text()).toBe('late');
  for (const socket of flood) socket.destroy();
});

it('a body that stalls is cut, and one that moves may take as long as it likes', async () => {
  // On a busy machine this process itself may stand still for longer than the usual bound of these tests.
  await using server = await serve(
    (request, response) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on('end', () => response.end(String(bytes)));
      request.on('error', () => undefined);
    },
    { stallMs: 1500 },
  );
  const stalled = await server.open('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n123');
  await until(async () => stalled.closed || stalled.readableEnded || null, 'the stalled body is cut');

  const parts = 40;
  const moving = await server.open(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${parts * 50}\r\n\r\n`);
  let text = '';
  moving.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  for (let n = 0; n < parts; n += 1) {
    moving.write('x'.repeat(50));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await until(async () => text.includes('2000') || null, 'the moving body is answered');
  moving.destroy();
});

it('nothing is kept of a connection that ended before its body came', async () => {
  await using server = await serve((_request, response) => {
    response.setHeader('connection', 'close');
    response.end('no');
  });
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n123';
  const sockets = await Promise.all(Array.from({ length: 10 }, () => server.open(head)));
  for (const socket of sockets) socket.resume();
  await until(async () => sockets.every((socket) => socket.closed) || null, 'all are closed');
  await until(async () => server.held().open === 0 || null, 'the server has closed them too');
  expect(server.held()).toEqual({ open: 0, waiting: 0, bodies: 0 });
});

it('an upload that moves does not give way to a flood', async () => {
  await using server = await serve((request, response) => {
    request.resume().on('end', () => response.end('taken'));
    request.on('error', () => undefined);
  });
  const rounds = 60;
  const upload = await server.open(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${rounds * 50}\r\n\r\n`);
  let text = '';
  upload.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const flood: Socket[] = [];
  for (let n = 0; n < rounds; n += 1) {
    upload.write('x'.repeat(50));
    flood.push(await server.open('GET / HTTP/1.1\r\n'));
  }
  await until(async () => text.includes('taken') || null, 'the upload is taken');
  for (const socket of [...flood, upload]) socket.destroy();
});

it('an upload outlives thousands of connections that are accepted before anything of it is read', async () => {
  const http = createServer((request, response) => {
    request.resume().on('end', () => response.end('taken'));
    request.on('error', () => undefined);
  });
  const { held } = boundConnections(http, bounds);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const upload = connect(address.port, '127.0.0.1');
  upload.on('error', () => undefined);
  upload.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n${'x'.repeat(50)}`);
  await until(async () => held().bodies === 1 || null, 'the upload has begun');
  // In one turn, as the system hands them over.
  for (let n = 0; n < 100; n += 1) http.emit('connection', new Socket());
  expect(upload.destroyed).toBe(false);
  let text = '';
  upload.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  upload.write('x'.repeat(50));
  await until(async () => text.includes('taken') || null, 'the upload is taken');
  upload.destroy();
  http.close();
  http.closeAllConnections();
});

it('a server that stops waits for what it answers, and for no connection without a request', async () => {
  let answer: (() => void) | undefined;
  await using server = await serve((_request, response) => {
    answer = () => response.end('late');
  });
  const asked = fetch(server.url);
  await until(async () => answer ?? null, 'the request has arrived');
  await server.open('');
  await server.open('GET / HTTP/1.1\r\nHost: x\r\n');
  await until(async () => server.held().waiting === 2 || null, 'all are accepted');
  const stopped = server.stop();
  answer?.();
  expect(await (await asked).text()).toBe('late');
  await stopped;
  expect(server.held()).toEqual({ open: 0, waiting: 0, bodies: 0 });
});

it('a connection that a stopping server still accepts has a second for its request', async () => {
  await using server = await serve((_request, response) => response.end('here'));
  server.end();
  await server.open('');
  expect(await (await fetch(server.url)).text()).toBe('here');
  await until(async () => server.held().open === 0 || null, 'both are closed');
});

it('the server of a process stops while a stranger holds a connection open', async () => {
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    routes: [],
    logger: pino({ level: 'silent' }),
  });
  const stranger = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(stranger, 'connect');
  await fetch(server.url);
  await Promise.all([server.close(), once(stranger, 'close')]);
});
