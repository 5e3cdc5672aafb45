/**
 * The server over real connections: raw requests, broken in every part, as a stranger and as an operator. After each the
 * server answers its next request, and whatever it has answered is no failure of its own (500) and no failure in its log.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startBenchSystem } from '../../bench/system.ts';
import { openServer } from '../../src/app/open-server.ts';
import { openOperatorPages } from '../../src/app/operator-pages.ts';
import { createCallbackTokens } from '../../src/shared/callbacks/callback-tokens.ts';
import { mutated } from '../mutated.ts';
import type { OpenTargets, Target } from '../target.ts';

const token = 'secret-of-the-fuzzing';
const item = `s_${'0'.repeat(32)}`;
const patienceMs = 5000;

export async function openServerTargets(): Promise<OpenTargets> {
  const system = await startBenchSystem({
    simulator: {},
    environment: {
      HTTP_PORT: '0',
      DASHBOARD_USER: 'operator',
      DASHBOARD_PASSWORD: 'a password of the fuzzing',
      API_TOKENS: `fuzz:operator:${token}`,
      MAX_LIST_BYTES: '1MiB',
    },
  });
  await system.give(3);
  const pages = await openOperatorPages(system.session);
  const server = await openServer(system.session, { hasPages: true, pages: [pages.routes] });
  const port = Number(new URL(server.url).port);
  const callback = `/callback/${await createCallbackTokens(system.session).make({ id: item, attempt: 1 })}`;
  const target = (name: string, examples: readonly string[]): Target => ({
    name,
    cases: mutated(examples, [
      '\r\n',
      '\r\n\r\n',
      ': ',
      'HTTP/1.1',
      'Transfer-Encoding: chunked\r\n',
      '%2e%2e/',
      '?',
      '&',
      '=',
    ]),
    run: (bytes) => send(port, bytes),
  });
  return {
    targets: [target('http', pageRequests(callback)), target('api', apiRequests())],
    async [Symbol.asyncDispose]() {
      await server.close();
      await pages.close();
      const failures = await loggedFailures(system.environment['DATA_DIR'] ?? '');
      await system[Symbol.asyncDispose]();
      if (failures.length > 0) throw new Error(`The server has logged failures:\n${failures.join('\n')}`);
    },
  };
}

/** What the server could not tell the one who asked. */
async function loggedFailures(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'kie-batch.log'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line.includes('"level":50'));
}

function pageRequests(callback: string): string[] {
  const get = (path: string) => request('GET', path, '', { authorization: `Bearer ${token}` });
  const form = (path: string, body: string) =>
    request('POST', path, body, { 'content-type': 'application/x-www-form-urlencoded' });
  const json = (path: string, body: string) =>
    request('POST', path, body, { 'content-type': 'application/json' });
  const boundary =
    '--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhttps://example.com\r\n--b--\r\n';
  return [
    request('GET', '/login?next=/batches', '', {}),
    form('/login', 'user=a&password=b&next=/'),
    json('/login', '5'),
    json('/logout', '5'),
    json(callback, JSON.stringify({ code: 200, data: { taskId: 't' } })),
    request('POST', '/new/check', boundary, {
      'content-type': 'multipart/form-data; boundary=b',
      authorization: `Bearer ${token}`,
    }),
    ...[
      '/',
      '/batches?state=running&sort=name&from=0',
      '/batches/bench?state=queued&q=s_0&from=1&sort=at',
      `/items/${item}`,
      `/items/${item}/video`,
      '/batches/bench/export?format=csv',
      '/batches/bench/results.txt?item=a&item=b',
      '/audit?who=a',
      '/new?model=x&from=y',
      '/confirm/retry/bench',
      '/queues/api/queues?activeQueue=submit&status=latest&page=1&jobsPerPage=10',
      '/metrics',
      '/find?q=bench',
    ].map(get),
  ];
}

function apiRequests(): string[] {
  const call = (method: string, path: string, body = '', type = 'application/json') =>
    request(method, `/api/v1${path}`, body, {
      authorization: `Bearer ${token}`,
      ...(body === '' ? {} : { 'content-type': type }),
    });
  return [
    call('GET', '/overview'),
    call('GET', '/batches?limit=10&cursor=0'),
    call('GET', '/batches/bench/items?state=queued&q=s_0&limit=5'),
    call('GET', `/items/${item}/events`),
    call(
      'POST',
      '/batches?batch=new&paused=true&set=a=b&budget=5',
      'https://sora.chatgpt.com/p/s_1\nx\n',
      'text/plain',
    ),
    call('POST', '/batches?batch=new', '[{"url":"https://sora.chatgpt.com/p/s_2"}]'),
    call('POST', '/batches/bench/retry', '{"state":"failed","atMost":{"credits":5}}'),
    call('POST', '/batches/bench/pause'),
    call('PUT', '/batches/bench/budget', '{"credits":5}'),
    call('PUT', '/batches/bench/priority', '{"priority":5}'),
    call('POST', `/items/${item}/retry`, '{"atMost":{"items":1}}'),
    call(
      'PUT',
      '/schedules/nightly',
      '{"cron":"0 3 * * *","source":"https://example.com/l.txt","model":"sora-watermark-remover"}',
    ),
    call('POST', '/batches/actions', '{"action":"pause","batches":["bench"]}'),
  ];
}

function request(method: string, path: string, body: string, headers: Record<string, string>): string {
  const all = {
    host: 'localhost',
    ...headers,
    ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** @throws when it is answered as a failure of the server's own */
async function send(port: number, bytes: Buffer): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    if (answer.length < 4000) answer += chunk.toString('latin1');
    // Streams of events do not end; what they begin with is enough.
    if (answer.includes('text/event-stream')) socket.destroy();
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').catch(() => undefined);
  socket.end(bytes);
  const timer = setTimeout(() => socket.destroy(), patienceMs);
  await closed;
  clearTimeout(timer);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
  if (status >= 500 && status !== 503) throw new Error(`answered ${answer.slice(0, 600)}`);
}
