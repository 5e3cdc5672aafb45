/** Requests that no browser sends get a proper response, and are not logged as failures of the server. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../setup/until.ts';
import { openWindow, type TestWindow } from './window.ts';

let window: TestWindow;
beforeAll(async () => {
  window = await openWindow();
});
afterAll(() => window[Symbol.asyncDispose]());

const post = (path: string, type: string, body: string) =>
  fetch(`${window.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
    redirect: 'manual',
  });

it.each([101, 150, 200, 5000])('a name of a batch with %i characters is not found', async (length) => {
  const name = 'n'.repeat(length);
  for (const path of [`/batches/${name}`, `/live/batches/${name}`, `/api/v1/batches/${name}`])
    expect([400, 404, 414, 422]).toContain((await window.get(path)).status);
});

it('a stray percent sign in an address is no failure', async () => {
  for (const path of [
    '/queues/api/queues?activeQueue=%25zz',
    '/queues/api/queues/submit/%25zz/logs',
    '/items/%zz',
  ])
    expect([400, 404]).toContain((await window.get(path)).status);
});

it('a body of JSON that is no form is refused, and no failure', async () => {
  expect((await post('/login', 'application/json', '5')).status).toBe(401);
  expect((await post('/logout', 'application/json', '5')).status).toBe(403);
  expect((await post('/batches/x/pause', 'application/json', '[5]')).status).toBeLessThan(500);
  expect((await post('/new/check', 'multipart/form-data', 'x')).status).toBe(400);
});

it('a body that breaks off is no failure of the server', async () => {
  for (const path of ['/api/v1/batches?batch=cut', '/api/v1/batches/x/retry', '/new/check', '/login']) {
    const socket = connect(Number(new URL(window.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${path === '/new/check' ? 'multipart/form-data; boundary=b' : 'application/json'}\r\nContent-Length: 100\r\n\r\n{"a":`,
    );
    await window.get('/healthz');
    socket.resetAndDestroy();
  }
  const log = join(window.system.folder, 'data', 'logs', 'kie-batch.log');
  // Answered after the others: whatever they have left is written.
  await until(async () => (await window.get('/readyz')).ok || null, 'the server answers');
  const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n');
  expect(lines.filter((line) => line.includes('"level":50'))).toEqual([]);
});
