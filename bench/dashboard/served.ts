/** `serve` in a process of its own, its pages timed and followed as a browser does, and the CPU time it has taken. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '../../src/shared/configuration/configuration.ts';
import { freePort } from '../free-port.ts';

export interface Served extends AsyncDisposable {
  readonly url: string;
  /** Milliseconds until the whole answer is here. */
  timeOf(path: string): Promise<number>;
  /** User and system time so far; NaN where the system does not tell. */
  cpuSeconds(): Promise<number>;
}

const main = join(import.meta.dirname, '../../src/cli/main.ts');
/** Of Linux on all machines there are. */
const ticksPerSecond = 100;

export async function startServe(configuration: Configuration): Promise<Served> {
  const port = await freePort();
  const { KIE_API_KEY, KIE_BASE_URL, REDIS_URL, QUEUE_PREFIX, DATA_DIR, STORAGE_URL } = configuration;
  const settings = { KIE_API_KEY, KIE_BASE_URL, REDIS_URL, QUEUE_PREFIX, DATA_DIR, STORAGE_URL };
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { ...process.env, ...settings, HTTP_PORT: String(port), LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, child);
  return {
    url,
    async timeOf(path) {
      const startedAt = performance.now();
      const answer = await fetch(`${url}${path}`);
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
      return performance.now() - startedAt;
    },
    async cpuSeconds() {
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => '');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`serve ended with ${child.exitCode}`);
}

/** Follows pages live until disposed. */
export function openPages({ url }: Served, paths: readonly string[]): Disposable {
  const leaving = new AbortController();
  for (const path of paths) {
    void follow(`${url}/live${path}`, leaving.signal).catch((error: unknown) => {
      if (!leaving.signal.aborted) throw error;
    });
  }
  return { [Symbol.dispose]: () => leaving.abort() };
}

async function follow(address: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(address, { signal });
  for await (const chunk of answer.body ?? []) if (chunk.length === 0) return;
}
