/**
 * The processes of a benchmark, seen from outside: started, and asked for their CPU time, memory, Redis commands and
 * files. Used by the benchmarks in which each contender has processes of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { z } from 'zod';
import type { OwnRedis } from './million/own-redis.ts';

/** The executable in the source tree. */
export const main = join(import.meta.dirname, '../src/cli/main.ts');

export interface OwnVendor extends Disposable {
  readonly url: string;
}

const countsSchema = z.looseObject({
  createCalls: z.number(),
  refused: z.number(),
  queries: z.number(),
  /** Unix milliseconds, in their order. */
  admittedAtMs: z.array(z.number()),
});

export function startNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  return spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', process.env['DEBUG'] === undefined ? 'ignore' : 'inherit'],
  });
}

/** Ends a process. Without a warning, it does not stop in order. */
export async function stopNode(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** A simulated vendor in a process of its own. */
export async function startVendor(...options: readonly string[]): Promise<OwnVendor> {
  const child = startNode([main, 'simulate', '--json', '--port', '0', ...options], {});
  return { url: await addressOf(child), [Symbol.dispose]: () => void child.kill('SIGTERM') };
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the simulator has no output');
  for await (const line of createInterface({ input: stdout })) {
    return z.looseObject({ url: z.string() }).parse(JSON.parse(line)).url;
  }
  throw new Error('the simulator has not started');
}

export async function countsOf(vendor: string): Promise<z.infer<typeof countsSchema>> {
  return countsSchema.parse(await (await fetch(`${vendor}/simulator/counts`)).json());
}

/** Finished videos, in whichever folders. */
export async function videosIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.mp4')).length;
}

/** User and system time, from /proc; clock ticks are hundredths of a second on Linux. */
export async function cpuMsOf(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * 10;
}

/** The most memory that a process has held (VmHWM), in MiB; NaN where the system does not tell. */
export async function peakMibOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** All commands so far, with those that scripts make. */
export async function commandsOf(redis: OwnRedis): Promise<number> {
  return commandsIn(await infoOf(redis, 'commandstats'));
}

export function commandsIn(commandStats: string): number {
  return [...commandStats.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

/** Its process, which this one may have started or not. */
export async function pidOf(redis: OwnRedis): Promise<number> {
  return Number(/^process_id:(\d+)/m.exec(await infoOf(redis, 'server'))?.[1]);
}

async function infoOf({ url }: OwnRedis, section: string): Promise<string> {
  const redis = new Redis(ioredisAddress(url), { lazyConnect: true });
  await redis.connect();
  const info = await redis.info(section);
  redis.disconnect();
  return info;
}

/** What ioredis takes: a path for a socket. */
export function ioredisAddress(url: string): string {
  return url.startsWith('unix:') ? url.slice('unix://'.length) : url;
}
