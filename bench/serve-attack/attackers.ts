/**
 * The strangers of run.ts, in a process of their own: requests that are never finished, live pages that are never read,
 * people who guess passwords, and a slow upload. Runs for some seconds, prints what came of it as JSON and ends.
 */
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface AttackOrder {
  readonly port: number;
  readonly seconds: number;
  readonly halfOpen: number;
  readonly readers: number;
  /** Paths of live pages; readers take turns. */
  readonly livePaths: readonly string[];
  /** Each opens an equal share of the live pages. */
  readonly tokens: readonly string[];
  readonly logins: number;
  /** Bytes of a list that is sent at 5 Mbit/s; 0 for none. */
  readonly uploadBytes: number;
}

export interface AttackReport {
  readonly opened: number;
  readonly closedByServer: number;
  readonly readersOpen: number;
  readonly readersRefused: number;
  readonly readersDropped: number;
  readonly logins: Record<string, number>;
  readonly uploaded: number;
  readonly uploadStatus: number | null;
}

// In life they do not share the server's cores.
setPriority(5);
const order: AttackOrder = JSON.parse(process.argv[2] ?? '{}');
const { port, seconds, halfOpen, readers, livePaths, tokens, logins, uploadBytes } = order;
const endAt = performance.now() + seconds * 1000;
const report = {
  opened: 0,
  closedByServer: 0,
  readersOpen: 0,
  readersRefused: 0,
  readersDropped: 0,
  logins: {} as Record<string, number>,
  uploaded: 0,
  uploadStatus: null as number | null,
};
/** A stranger whose connection was closed comes again after this. */
const comeAgainMs = 5000;
/** Connections that are opened in a second, of each kind. */
const openedPerSecond = 2000;
const uploadBytesPerSecond = 5_000_000 / 8;

/** Heads and bodies that stop in the middle. */
const beginnings = [
  'GET / HTTP/1.1\r\nHost: localhost\r\n',
  `GET /batches HTTP/1.1\r\nHost: localhost\r\nX-Filler: ${'x'.repeat(12_000)}\r\n`,
  `POST /callback/s_1.1.${'A'.repeat(22)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n${'{'.repeat(1000)}`,
  `POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\nuser=x`,
];

/** Each address of the loopback network is another stranger. */
function addressOf(n: number): string {
  return `127.1.${Math.floor(n / 250) % 250}.${(n % 250) + 1}`;
}

function leaveHalfOpen(n: number): void {
  if (performance.now() > endAt) return;
  report.opened += 1;
  const socket: Socket = connect({ port, host: '127.0.0.1', localAddress: addressOf(n % 1000) });
  socket.on('connect', () => socket.write(beginnings[n % beginnings.length] ?? ''));
  socket.on('error', () => undefined);
  socket.resume();
  socket.on('close', () => {
    report.closedByServer += 1;
    setTimeout(leaveHalfOpen, comeAgainMs, n);
  });
}

function neverRead(n: number): void {
  if (performance.now() > endAt) return;
  const outgoing = request({
    port,
    host: '127.0.0.1',
    localAddress: addressOf(n % 1000),
    path: livePaths[n % livePaths.length],
    agent: false,
    headers: { authorization: `Bearer ${tokens[n % tokens.length]}` },
  });
  const again = () => setTimeout(neverRead, comeAgainMs, n);
  let isOpen = false;
  outgoing.on('response', (answer: IncomingMessage) => {
    isOpen = answer.statusCode === 200;
    if (isOpen) report.readersOpen += 1;
    else report.readersRefused += 1;
    answer.on('error', () => undefined);
    // Nothing is read from here on: what the server writes fills the buffers of both sides.
    answer.socket.pause();
  });
  outgoing.on('error', () => undefined);
  outgoing.on('close', () => {
    if (isOpen) {
      report.readersOpen -= 1;
      report.readersDropped += 1;
    }
    again();
  });
  outgoing.end();
}

async function guess(n: number): Promise<void> {
  while (performance.now() < endAt) {
    const status = await tryLogin(n).catch(() => 'failed');
    report.logins[status] = (report.logins[status] ?? 0) + 1;
    if (status === 'failed') await sleep(500);
  }
}

function tryLogin(n: number): Promise<string> {
  const body = `user=operator&password=wrong-${Math.floor(performance.now())}`;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        port,
        host: '127.0.0.1',
        localAddress: addressOf(n),
        path: '/login',
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(String(answer.statusCode)));
        answer.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function upload(): Promise<void> {
  const outgoing = request({
    port,
    host: '127.0.0.1',
    path: '/api/v1/batches?batch=uploaded&paused=true',
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokens[0]}`,
      'content-type': 'text/plain',
      'content-length': uploadBytes,
    },
  });
  outgoing.on('response', (answer) => {
    report.uploadStatus = answer.statusCode ?? null;
    answer.resume();
  });
  outgoing.on('error', () => undefined);
  const everyMs = 100;
  const chunkBytes = Math.floor((uploadBytesPerSecond * everyMs) / 1000);
  for (let sent = 0; sent < uploadBytes && performance.now() < endAt; ) {
    const bytes = Math.min(chunkBytes, uploadBytes - sent);
    if (outgoing.destroyed) return;
    outgoing.write(listText(sent, bytes));
    sent += bytes;
    report.uploaded = sent;
    await sleep(everyMs);
  }
  if (report.uploaded >= uploadBytes) outgoing.end();
}

/** Bytes of one long list of share links, from any place on. */
function listText(from: number, bytes: number): string {
  const lineBytes = `https://sora.chatgpt.com/p/s_${'0'.repeat(32)}\n`.length;
  let text = '';
  for (let line = Math.floor(from / lineBytes); text.length < bytes + lineBytes; line += 1)
    text += `https://sora.chatgpt.com/p/s_${line.toString(16).padStart(32, 'e')}\n`;
  const at = from % lineBytes;
  return text.slice(at, at + bytes);
}

async function bringUp(count: number, open: (n: number) => void): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    open(n);
    if (n % (openedPerSecond / 20) === 0) await sleep(50);
  }
}

void bringUp(readers, neverRead);
void bringUp(halfOpen, leaveHalfOpen);
for (let n = 0; n < logins; n += 1) void guess(n);
if (uploadBytes > 0) void upload();
await sleep(seconds * 1000);
process.stdout.write(JSON.stringify(report satisfies AttackReport), () => process.exit(0));
