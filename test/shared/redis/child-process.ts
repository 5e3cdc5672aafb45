/**
 * A process of its own for a test: runs a script of this folder, hears the lines that it prints and tells it
 * lines. Such processes are killed in tests, which is the point of them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class ScriptProcess {
  readonly child: ChildProcess;
  readonly #said: string[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #exited: Promise<unknown>;
  #complaints = '';

  constructor(script: string, args: readonly string[]) {
    this.child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#exited = once(this.child, 'exit');
    this.child.stderr?.on('data', (chunk) => {
      this.#complaints += String(chunk);
    });
    if (this.child.stdout === null) throw new Error('a child with a pipe has an output');
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.#said.push(line);
      this.#wake();
    });
    this.child.once('exit', () => this.#wake());
  }

  /** The rest of the first line that begins with `word`; throws if the process ends without saying it. */
  async hear(word: string): Promise<string> {
    for (;;) {
      const line = this.#said.find((candidate) => candidate.startsWith(word));
      if (line !== undefined) return line.slice(word.length).trim();
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`ended without saying "${word}": ${this.#said.join(' | ')} ${this.#complaints}`);
      }
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<void> {
    this.child.kill(signal);
    await this.ended();
  }

  async ended(): Promise<number | null> {
    await this.#exited;
    return this.child.exitCode;
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
