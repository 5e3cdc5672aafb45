/** `serve` in a process of its own for a benchmark: its pages timed and followed as a browser does, its CPU and memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds until the whole answer is here. */
  timeOf(path: string): Promise<number>;
  /** User and system time so far; NaN where the system does not tell. */
  cpuSeconds(): Promise<number>;
  /** The resident memory now and at its highest so far, bytes; NaN where the system does not tell. */
  memory(): Promise<{ readonly now: number; readonly highest: number }>;
}

export interface ServeOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** Unset: a free one. */
  readonly port?: number;
  readonly args?: readonly string[];
}

const main = join(import.meta.dirname, '../src/cli/main.ts');
/** Of Linux on all machines there are. */
const ticksPerSecond = 100;

export async function startServe({ environment, port: given, args = [] }: ServeOptions): Promise<Served> {
  const port = given ?? (await freePort());
  const child = spawn(process.execPath, [...profiling(), main, 'serve', ...args], {
    env: { ...process.env, LOG_LEVEL: 'error', ...environment, HTTP_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, child);
  const procFile = (name: string) => readFile(`/proc/${child.pid}/${name}`, 'utf8').catch(() => '');
  return {
    url,
    pid: child.pid ?? Number.NaN,
    async timeOf(path) {
      const startedAt = performance.now();
      const answer = await fetch(`${url}${path}`);
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
      return performance.now() - startedAt;
    },
    async cpuSeconds() {
      const stat = await procFile('stat');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
    async memory() {
      const status = await procFile('status');
      const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024;
      return { now: bytes('VmRSS'), highest: bytes('VmHWM') };
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** SERVE_NODE_OPTIONS: for instance `--cpu-prof --cpu-prof-dir=/tmp/profiles`, for `serve` alone. */
function profiling(): string[] {
  return (process.env['SERVE_NODE_OPTIONS'] ?? '').split(' ').filter(Boolean);
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`serve ended with ${child.exitCode}`);
}

/** Follows pages live until disposed. @param onPart hears of each part that the page of that index gets */
export function openPages(
  { url }: Served,
  paths: readonly string[],
  onPart: (page: number) => void = () => undefined,
): Disposable {
  const leaving = new AbortController();
  for (const [page, path] of paths.entries()) {
    void follow(`${url}/live${path}`, leaving.signal, () => onPart(page)).catch((error: unknown) => {
      if (!leaving.signal.aborted) throw error;
    });
  }
  return { [Symbol.dispose]: () => leaving.abort() };
}

/** Not with fetch, which after an abort opens another connection and leaves it unused. */
async function follow(address: string, signal: AbortSignal, onPart: () => void): Promise<void> {
  const [answer] = await once(get(address, { signal, agent: false }), 'response');
  for await (const chunk of answer) if (String(chunk).includes('event: part')) onPart();
}
