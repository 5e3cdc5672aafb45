/**
 * Reports the lines without a link: counts all of them, keeps the first ones for printing, and if there are more,
 * writes every one to a file next to the logs, so that a person can correct and enqueue them. As fast as lists are
 * read, in constant memory. A report that cannot be written stops no batch: the counts stay correct, and the result has
 * the error.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import type { InvalidLine } from './enqueue-lists.ts';

export interface InvalidReportOptions {
  /** `DATA_DIR/logs`; made when it is needed. */
  readonly folder: string;
  readonly batch: string;
  readonly clock: Clock;
  /** Where every line is written, few or many; a file of that name is replaced. */
  readonly file?: string | undefined;
}

export interface InvalidReport {
  readonly count: number;
  /** How many lines had each reason. Beyond a bounded number of different reasons, the rest is under `other`. */
  readonly reasons: ReadonlyMap<string, number>;
  /** The first lines of each reason, at most SHOWN_EXAMPLES. */
  readonly examples: ReadonlyMap<string, readonly InvalidLine[]>;
  /** The first lines, at most SHOWN_LINES. */
  readonly first: readonly InvalidLine[];
  /** Every line as JSONL; undefined when `first` holds them all or the file could not be written. */
  readonly file: string | undefined;
  /** Why there is no whole file although there should be one. */
  readonly fileProblem: string | undefined;
}

export interface InvalidCollector {
  readonly add: (line: InvalidLine) => void;
  /** Writes what is still unwritten and closes the file. To be called once, also after a failure. */
  readonly finish: () => InvalidReport;
}

export const SHOWN_LINES = 100;
export const SHOWN_EXAMPLES = 3;

// Reasons may contain a part of the link in the future; they must not grow with the list.
const MAX_REASONS = 50;
const OTHER_REASONS = 'other';

export function collectInvalid(options: InvalidReportOptions): InvalidCollector {
  const first: InvalidLine[] = [];
  const reasons = new Map<string, number>();
  const examples = new Map<string, InvalidLine[]>();
  let count = 0;
  let file: InvalidFile | undefined;

  const add = (line: InvalidLine) => {
    count += 1;
    const reason = reasons.has(line.reason) || reasons.size < MAX_REASONS ? line.reason : OTHER_REASONS;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    const shown = examples.get(reason) ?? [];
    if (shown.length < SHOWN_EXAMPLES) examples.set(reason, [...shown, line]);
    if (count <= SHOWN_LINES) first.push(line);
    if (count <= SHOWN_LINES && options.file === undefined) return;
    file ??= startedFile(options, options.file === undefined ? first : []);
    file.write(line);
  };

  const finish = (): InvalidReport => {
    file?.close();
    const fileProblem = file?.problem;
    return {
      count,
      reasons,
      examples,
      first,
      file: fileProblem === undefined ? file?.path : undefined,
      fileProblem,
    };
  };

  return { add, finish };
}

function startedFile(
  { folder, batch, clock, file: path }: InvalidReportOptions,
  first: readonly InvalidLine[],
): InvalidFile {
  if (path !== undefined) return new InvalidFile(dirname(path), basename(path), 'w');
  const at = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const file = new InvalidFile(folder, `invalid-${batch.replaceAll(/[^\w.-]/g, '_')}-${at}.jsonl`, 'wx');
  for (const line of first) file.write(line);
  return file;
}

const WRITE_CHARACTERS = 64 * 1024;
const MAX_SAME_NAMES = 100;

/** Writes at once, not through a stream: lines arrive without waiting, and a stream would hold them all. */
class InvalidFile {
  path = '';
  problem: string | undefined;
  #descriptor: number | undefined;
  #unwritten = '';

  constructor(folder: string, name: string, how: 'w' | 'wx') {
    this.#guarded(() => {
      mkdirSync(folder, { recursive: true });
      this.#open(folder, name, how);
    });
  }

  write({ file, line, reason, text }: InvalidLine): void {
    if (this.problem !== undefined) return;
    this.#unwritten += `${JSON.stringify({ file, line, reason, text })}\n`;
    if (this.#unwritten.length >= WRITE_CHARACTERS) this.#guarded(() => this.#flush());
  }

  close(): void {
    if (this.problem === undefined) this.#guarded(() => this.#flush());
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) this.#guarded(() => closeSync(descriptor));
  }

  /** Never over another run's report, not even one of the same second. */
  #open(folder: string, name: string, how: 'w' | 'wx'): void {
    for (let again = 1; this.#descriptor === undefined; again += 1) {
      this.path = join(folder, again === 1 ? name : name.replace(/(\.\w+)$/, `-${again}$1`));
      try {
        this.#descriptor = openSync(this.path, how);
      } catch (error) {
        if (!isTaken(error) || again >= MAX_SAME_NAMES) throw error;
      }
    }
  }

  #flush(): void {
    if (this.#descriptor === undefined) return;
    let bytes = Buffer.from(this.#unwritten);
    this.#unwritten = '';
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#descriptor, bytes));
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.problem ??= error instanceof Error ? error.message : String(error);
      this.#unwritten = '';
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
