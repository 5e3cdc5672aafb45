/** The other processes of the soak: commands of kie-batch, started and stopped, and what Linux says about a process. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { freePort } from '../free-port.ts';

export type Environment = Readonly<Record<string, string>>;

export interface Started extends AsyncDisposable {
  readonly pid: number;
}

export interface ProcessFigures {
  readonly rssBytes: number;
  /** Open files, sockets and pipes. */
  readonly handles: number;
  readonly threads: number;
}

export interface Vendor extends Started {
  readonly url: string;
  counts(): Promise<VendorCounts>;
}

const countsSchema = z.looseObject({ createCalls: z.number(), refused: z.number(), queries: z.number() });
export type VendorCounts = z.infer<typeof countsSchema>;

const main = join(import.meta.dirname, '../../src/cli/main.ts');

/** Runs a command to its end, as a cron job does. */
export async function runCommand(args: readonly string[], environment: Environment): Promise<void> {
  await promisify(execFile)(process.execPath, [main, ...args], { env: { ...process.env, ...environment } });
}

export function startCommand(args: readonly string[], environment: Environment): Started {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { pid: child.pid ?? Number.NaN, [Symbol.asyncDispose]: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
}

export async function startVendor(options: readonly string[]): Promise<Vendor> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const started = startCommand(['simulate', '--quiet', '--port', String(port), ...options], {});
  const counts = async () => countsSchema.parse(await (await fetch(`${url}/simulator/counts`)).json());
  while ((await counts().catch(() => null)) === null) {
    await figuresOf('the simulated vendor', started.pid);
    await sleep(100);
  }
  return { ...started, url, counts };
}

/** @throws if the process has ended */
export async function figuresOf(name: string, pid: number): Promise<ProcessFigures> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const field = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    const { length: handles } = await readdir(`/proc/${pid}/fd`);
    return { rssBytes: field('VmRSS') * 1024, handles, threads: field('Threads') };
  } catch (cause) {
    throw new Error(`${name} has ended, or this is not Linux`, { cause });
  }
}
