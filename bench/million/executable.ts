/** One command of the real executable, with its time and the most memory it held. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

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

export async function measure(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let peak = Number.NaN;
  const sampler = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const kib = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
    if (kib > 0) peak = kib / 1024;
  }, sampleEveryMs);
  let [lines, first] = [0, ''];
  child.stdout.on('data', (chunk: Buffer) => {
    if (lines === 0) first += chunk.toString().split('\n')[0];
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(sampler);
  const seconds = (performance.now() - startedAt) / 1000;
  return { code, seconds, peakRssMib: peak, stdoutLines: lines, firstLine: first };
}
