/** One command of the real executable, with its time and the most memory it held. */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type Environment = Readonly<Record<string, string>>;

export interface Measured {
  readonly code: number | null;
  readonly seconds: number;
  /** Of the process; NaN where the system does not tell. */
  readonly peakRssMib: number;
  readonly stdoutLines: number;
  /** The first line of standard output. */
  readonly firstLine: string;
}

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const sampleEveryMs = 100;

/** @param into a file that standard output goes to, in place of being counted */
export async function measure(
  args: readonly string[],
  environment: Environment,
  into?: string,
): Promise<Measured> {
  return measureNode([main, ...args], environment, into);
}

/** The same of Node itself, which every command begins with. */
export async function measureNode(
  args: readonly string[],
  environment: Environment,
  into?: string,
): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', into === undefined ? 'pipe' : openSync(into, 'w'), 'ignore'],
  });
  let peak = Number.NaN;
  const sampler = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const kib = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
    if (kib > 0) peak = kib / 1024;
  }, sampleEveryMs);
  let [lines, first] = [0, ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    if (lines === 0) first += chunk.toString().split('\n')[0];
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(sampler);
  const seconds = (performance.now() - startedAt) / 1000;
  return { code, seconds, peakRssMib: peak, stdoutLines: lines, firstLine: first };
}

/** Starts a command and kills it, without a warning, as soon as `isTime` says so. */
export async function killWhen(
  args: readonly string[],
  environment: Environment,
  isTime: () => Promise<boolean>,
): Promise<void> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  while (child.exitCode === null && !(await isTime())) await sleep(5);
  child.kill('SIGKILL');
  await ended;
}
