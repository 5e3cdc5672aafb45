/** Servers on loopback that misbehave as told, and the client under test against them. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import pino, { type Logger } from 'pino';
import { onTestFinished } from 'vitest';
import { loadModels } from '../../../src/shared/models/load-models.ts';
import type { ModelDefinition } from '../../../src/shared/models/model-definition.ts';
import { createVendor, type Vendor, type VendorOptions } from '../../../src/shared/vendor/vendor.ts';

export const API_KEY = 'secret-key-0123456789abcdef';
export const LINK = 'https://sora.chatgpt.com/p/s_68e83bd7eee88191be79d2ba7158516f';

export const defaultModel: ModelDefinition = loadModels({ extraFiles: [] }).get('sora-watermark-remover');

export const never = (): AbortSignal => new AbortController().signal;

/** Starts an HTTP server for the running test; returns its base URL. */
export async function serveHttp(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

/** Starts a TCP server for the running test; `onSocket` plays the vendor byte by byte. */
export async function serveTcp(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server);
}

/** A base URL without a listener. */
export async function refusingUrl(): Promise<string> {
  const server = createTcpServer();
  const url = await listen(server);
  server.close();
  await once(server, 'close');
  return url;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://127.0.0.1:${address.port}`;
}

/** A client for the running test, closed at its end; its log lines go to `lines`. */
export function connect(
  baseUrl: string,
  options: Partial<VendorOptions> = {},
): { client: Vendor; lines: string[] } {
  const lines: string[] = [];
  const logger: Logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const client = createVendor({ baseUrl, apiKey: API_KEY, logger, creditsRetryMs: 1, ...options });
  onTestFinished(() => client.close());
  return { client, lines };
}

/** Calls `onRequest` each time a whole request has arrived on the socket. */
export function onWholeRequest(socket: Socket, onRequest: (requestText: string) => void): void {
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const head = received.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
    if (head === -1 || received.length < head + 4 + length) return;
    const request = received;
    received = '';
    onRequest(request);
  });
}

/** An answer as bytes on the wire; `headers` end each with CRLF. */
export function rawAnswer(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}
