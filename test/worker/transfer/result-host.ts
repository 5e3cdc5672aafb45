/**
 * A host of results over real HTTP that misbehaves on demand: each file has a list of behaviours, one used
 * up by each request, and serves well once they are used up. It remembers every request.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface ServedFile {
  bytes: Buffer;
  etag?: string | undefined;
  headers?: Record<string, string>;
  /** Used up one a request. */
  behaviours?: Behaviour[];
}

/** Takes over the answer, or says true to let the file be served well after all. */
export type Behaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  file: ServedFile,
) => boolean | undefined;

export interface SeenRequest {
  /** Without the query. */
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly headers: IncomingMessage['headers'];
  /** Handed to the network for this request, headers included. */
  sentBytes: number;
}

export interface ResultHost {
  readonly origin: string;
  readonly seen: SeenRequest[];
  serve(path: string, file: ServedFile): string;
  close(): Promise<void>;
}

export async function startResultHost(): Promise<ResultHost> {
  const files = new Map<string, ServedFile>();
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*/, '');
    const { range, 'if-range': ifRange } = request.headers;
    const entry: SeenRequest = {
      path,
      range,
      ifRange: typeof ifRange === 'string' ? ifRange : undefined,
      headers: request.headers,
      sentBytes: 0,
    };
    seen.push(entry);
    const { socket } = request;
    const before = socket.bytesWritten;
    response.on('close', () => {
      entry.sentBytes = socket.bytesWritten - before;
    });
    response.on('error', () => undefined);
    const file = files.get(path);
    if (file === undefined) return void response.writeHead(404).end('gone');
    const behaviour = file.behaviours?.shift();
    if (behaviour === undefined || behaviour(request, response, file) === true)
      serveWell(request, response, file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    seen,
    serve(path, file) {
      files.set(path, file);
      return origin + path;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function serveWell(request: IncomingMessage, response: ServerResponse, file: ServedFile): void {
  const from = rangeStart(request, file);
  const body = file.bytes.subarray(from);
  const headers = { ...headersOf(file), 'content-length': body.length };
  if (from === 0) response.writeHead(200, headers);
  else {
    const last = file.bytes.length - 1;
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${last}/${file.bytes.length}` });
  }
  response.end(body);
}

export function rangeStart(request: IncomingMessage, file: ServedFile): number {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  return request.headers['if-range'] === file.etag ? from : 0;
}

export function headersOf(file: ServedFile): Record<string, string> {
  return {
    'content-type': 'video/mp4',
    ...(file.etag !== undefined && { etag: file.etag }),
    ...file.headers,
  };
}

/** Sends the right bytes up to there, then cuts the connection. */
export function cutAfter(bytes: number): Behaviour {
  return (request, response, file) => {
    const from = rangeStart(request, file);
    const rest = file.bytes.length - from;
    const headers = { ...headersOf(file), 'content-length': rest };
    const range = { 'content-range': `bytes ${from}-${file.bytes.length - 1}/${file.bytes.length}` };
    response.writeHead(from === 0 ? 200 : 206, from === 0 ? headers : { ...headers, ...range });
    response.write(file.bytes.subarray(from, from + bytes), () => response.destroy());
    return false;
  };
}

/** Sends the right bytes up to there, then nothing more, with the connection open. */
export function stallAfter(bytes: number): Behaviour {
  return (_request, response, file) => {
    response.writeHead(200, { ...headersOf(file), 'content-length': file.bytes.length });
    response.write(file.bytes.subarray(0, bytes));
    return false;
  };
}

export function answer(
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Behaviour {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
    return false;
  };
}

/** Serves well, but over about half a second, so that something can happen meanwhile. */
export const slowly: Behaviour = (request, response, file) => {
  const from = rangeStart(request, file);
  const headers = { ...headersOf(file), 'content-length': file.bytes.length - from };
  const range = { 'content-range': `bytes ${from}-${file.bytes.length - 1}/${file.bytes.length}` };
  response.writeHead(from === 0 ? 200 : 206, from === 0 ? headers : { ...headers, ...range });
  const pieceBytes = Math.ceil(file.bytes.length / 10);
  let at = from;
  const timer = setInterval(() => {
    const piece = file.bytes.subarray(at, at + pieceBytes);
    at += piece.length;
    response.write(piece);
    if (at < file.bytes.length) return;
    clearInterval(timer);
    response.end();
  }, 50);
  response.once('close', () => clearInterval(timer));
  return false;
};
