/**
 * For benchmarks of kie-batch's own speed: a simulated vendor in its own process without a limit (tasks of 100 ms, results
 * of about 40 kB), the settings of a worker that does not wait either, and the CPU time of processes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { OwnRedis } from './million/own-redis.ts';

export interface UnlimitedVendor extends AsyncDisposable {
  readonly url: string;
}

export const main = join(import.meta.dirname, '../src/cli/main.ts');
/** Clock ticks are hundredths of a second on Linux. */
const msPerTick = 10;

export async function startUnlimitedVendor(): Promise<UnlimitedVendor> {
  const simulator = startNode(
    [main, 'simulate', '--json', '--port', '0', '--limit', '100000/1s', '--task-time', '100ms'],
    {},
  );
  return {
    url: await addressOf(simulator),
    async [Symbol.asyncDispose]() {
      await end(simulator);
    },
  };
}

/** Files go to `files` in the folder of the Redis. */
export function unlimitedSettings(redis: OwnRedis, vendor: UnlimitedVendor) {
  return {
    KIE_API_KEY: 'key-of-the-benchmarks',
    KIE_BASE_URL: vendor.url,
    REDIS_URL: redis.url,
    DATA_DIR: join(redis.folder, 'logs'),
    STORAGE_URL: `file:${join(redis.folder, 'files')}`,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    MIN_FREE_BYTES: '1MiB',
    SUBMIT_LIMIT: '10000/1s',
    MAX_IN_FLIGHT: '10000',
    DOWNLOAD_CONCURRENCY: '50',
  };
}

/** Shows what it logs when DEBUG is set. */
export function startNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  return spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', process.env['DEBUG'] === undefined ? 'ignore' : 'inherit'],
  });
}

export async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** User and system time of processes so far, from /proc. */
export async function cpuMsOf(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * msPerTick;
}

/** Calls of commands so far, those of scripts included. */
export function commandsIn(commandStats: string): number {
  return [...commandStats.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the simulator has no output');
  for await (const line of createInterface({ input: stdout })) {
    return z.looseObject({ url: z.string() }).parse(JSON.parse(line)).url;
  }
  throw new Error('the simulator has not started');
}
