/**
 * The processes of a run: the real executable, on hosts of their own where the system allows that, so that a process
 * that is silent cannot be looked up by its id. Each is started again after its end, as by a service manager.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const main = join(import.meta.dirname, '../src/cli/main.ts');
/** A process that is killed leaves nothing of what it has compiled for the next one. */
const compiled = join(import.meta.dirname, '../node_modules/.cache/compiled');

export type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export interface Launch {
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly folder: string;
  /** The name of its host. */
  readonly host: string;
}

export interface Service extends Launch {
  readonly name: string;
  child: ChildProcess;
  /** Ends whose code is neither a signal's nor an orderly one. */
  readonly oddEnds: Ended[];
  /** Everything it has said. */
  log(): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Nobody reads what it says any more. */
  closePipes(): void;
  /** Whether it has said something since its last start, which is when it is up. */
  isUp(): boolean;
  /** How often it was started. */
  starts(): number;
  /** Whether it has ended with one of the codes after which it is not started again. */
  isDone(): boolean;
  /** Ends it in order and does not start it again. */
  stop(): Promise<void>;
}

const lastWordsLength = 2000;
const restartMs = 700;

/** Whether processes can be given hosts of their own here. */
export const canNameHosts = spawnSync('unshare', ['--uts', 'true']).status === 0;

function launch({ args, environment, folder, host }: Launch): ChildProcess {
  const node = [process.execPath, main, ...args];
  const command = canNameHosts
    ? ['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', host, ...node]
    : node;
  const [program = '', ...rest] = command;
  return spawn(program, rest, {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, NODE_COMPILE_CACHE: compiled, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Keeps the last of what a process says. */
function listen(child: ChildProcess, keep: (text: string) => void): void {
  for (const pipe of [child.stdout, child.stderr]) {
    pipe?.setEncoding('utf8').on('data', keep);
    pipe?.on('error', () => undefined);
  }
}

/** @param lastCodes exit codes after which it has done what it was started for */
export function startService(name: string, given: Launch, lastCodes: readonly number[] = []): Service {
  const file = join(given.folder, `${name}.log`);
  const log = createWriteStream(file);
  let lastWords = '';
  const keep = (text: string) => {
    log.write(text);
    isUp = true;
    lastWords = (lastWords + text).slice(-lastWordsLength);
  };
  let isStopping = false;
  let isDone = false;
  let isUp = false;
  let starts = 0;
  const start = () => {
    const child = launch(given);
    starts += 1;
    isUp = false;
    listen(child, keep);
    // Not at its end: its last words may not have been read yet.
    child.on('close', (code) => void afterEnd(code));
    service.child = child;
    return child;
  };
  async function afterEnd(code: number | null): Promise<void> {
    if (code !== null && lastCodes.includes(code)) {
      isDone = true;
      return;
    }
    if (code !== null && code !== 0 && code !== 130) {
      service.oddEnds.push({ code, output: lastWords });
    }
    await sleep(restartMs);
    if (!isStopping) start();
  }
  const service: Service = {
    ...given,
    name,
    child: undefined as unknown as ChildProcess,
    oddEnds: [],
    isUp: () => isUp,
    starts: () => starts,
    isDone: () => isDone,
    log: () => readFile(file, 'utf8'),
    signal: (signal) => void service.child.kill(signal),
    closePipes() {
      service.child.stdout?.destroy();
      service.child.stderr?.destroy();
    },
    async stop() {
      isStopping = true;
      const { child } = service;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const patience = new AbortController();
      const late = sleep(90_000, undefined, { signal: patience.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      );
      await Promise.race([ended, late]);
      patience.abort();
    },
  };
  start();
  return service;
}

/**
 * One command, killed after `killAfterMs` where that is given.
 * @param running it is among these while it runs
 */
export async function runCommand(
  given: Launch,
  running: Set<ChildProcess>,
  killAfterMs = 120_000,
): Promise<Ended> {
  const child = launch(given);
  running.add(child);
  let output = '';
  listen(child, (text) => {
    output += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  await once(child, 'close');
  clearTimeout(timer);
  running.delete(child);
  return { code: child.exitCode, output };
}
