/**
 * Runs the real executable like a shell: a separate process in its own folder, with only those environment variables
 * that a user would have set. A project is such a folder with a simulated vendor and a prefix.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { redisPrefix } from '../setup/redis.ts';
import { shareLink } from '../setup/system.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const apiKey = 'key-of-the-tests-0123456789';

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves once standard output or standard error matches; fails when the process ends without. */
  says(pattern: RegExp): Promise<void>;
  readonly ended: Promise<Ended>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Project extends AsyncDisposable {
  readonly environment: Environment;
  readonly folder: string;
  readonly simulator: Simulator;
  readonly prefix: string;
  run(
    args: readonly string[],
    options?: { input?: string | Buffer; environment?: Environment },
  ): Promise<Ended>;
  start(args: readonly string[], environment?: Environment): Running;
  write(name: string, content: string | Buffer): Promise<string>;
  /** A list of share links, a line each. */
  writeLinks(name: string, count: number, from?: number): Promise<string>;
}

export interface ProjectOptions {
  readonly simulator?: Partial<SimulatorOptions>;
  readonly environment?: Environment;
}

export async function openProject(options: ProjectOptions = {}): Promise<Project> {
  const simulator = await startSimulator({
    apiKey,
    limit: { max: 1000, windowMs: 1000 },
    taskTime: '50ms',
    ...options.simulator,
  });
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-cli-'));
  const prefix = redisPrefix();
  const settings: Environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    KIE_API_KEY: apiKey,
    KIE_BASE_URL: simulator.url,
    KIE_UPLOAD_URL: simulator.url,
    REDIS_URL: inject('redisUrl'),
    QUEUE_PREFIX: prefix,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    SUBMIT_LIMIT: '1000/1s',
    MIN_FREE_BYTES: '1MiB',
    // The Redis of the tests keeps nothing on disk, and says so each time.
    LOG_LEVEL: 'error',
    // In a new home folder each process would compile everything anew.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    ...options.environment,
  };
  const started: Running[] = [];
  const start = (args: readonly string[], environment: Environment = {}) => {
    const running = startExecutable(args, folder, { ...settings, ...environment });
    started.push(running);
    return running;
  };
  const write = async (name: string, content: string | Buffer) => {
    await writeFile(join(folder, name), content);
    return name;
  };
  return {
    folder,
    simulator,
    prefix,
    environment: settings,
    start,
    write,
    async run(args, { input = '', environment = {} } = {}) {
      const running = start(args, environment);
      running.child.stdin.end(input);
      return running.ended;
    },
    writeLinks: (name, count, from = 0) =>
      write(name, Array.from({ length: count }, (_, n) => `${shareLink(from + n)}\n`).join('')),
    async [Symbol.asyncDispose]() {
      for (const { child } of started) child.kill('SIGKILL');
      await Promise.all(started.map(({ ended }) => ended));
      await simulator.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function startExecutable(args: readonly string[], cwd: string, environment: Environment): Running {
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined));
  const child = spawn(process.execPath, [main, ...args], { cwd, env, stdio: 'pipe' });
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  const wake = () => {
    for (const listener of listeners) listener();
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
      wake();
    });
  }
  // Not every command reads what it is given.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then((): Ended => ({ code: child.exitCode, ...output }));
  return {
    child,
    ended,
    says(pattern) {
      return new Promise((said, failed) => {
        const look = () => {
          if (!pattern.test(output.stdout) && !pattern.test(output.stderr)) return;
          listeners.delete(look);
          said();
        };
        listeners.add(look);
        ended.then(({ code, stdout, stderr }) =>
          failed(new Error(`ended with ${code} without saying ${pattern}:\n${stdout}\n${stderr}`)),
        );
        look();
      });
    },
  };
}
