/**
 * Makes the process's logger. Log lines go to standard error (standard output belongs to `--json`), or to a
 * file while a progress view owns the terminal. A log that cannot be written (a full disk, a closed pipe) loses
 * lines and stops nothing. Callers should pass no secrets; those that get here are
 * removed.
 */
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { type DestinationStream, type Logger, multistream, pino } from 'pino';
import type * as PinoPretty from 'pino-pretty';
import { z } from 'zod';
import { ExplainedError } from '../explained-error.ts';
import { withoutSecrets } from './shown-text.ts';

export type { Logger } from 'pino';

/** How much detail a person wants to read. */
export type Verbosity = 'quiet' | 'usual' | 'verbose';

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'auto' | 'pretty' | 'json';
  readonly file?: string;
  /** With a file: called with warnings and errors in a few words, as the file is not being watched. */
  readonly onTrouble?: (text: string) => void;
  readonly isTerminal: boolean;
  readonly secrets: readonly string[];
}

export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { streamWrite: (line) => withoutSecrets(line, options.secrets) },
    },
    openDestination(options),
  );
}

function openDestination({ file, onTrouble, level, format, isTerminal }: LoggerOptions): DestinationStream {
  if (file) {
    const toFile = openLogFile(file);
    if (!onTrouble || level === 'silent') return toFile;
    const toPerson = { write: (line: string) => onTrouble(describeTrouble(line)) };
    return multistream([
      { level: 'trace', stream: toFile },
      { level: 'warn', stream: toPerson },
    ]);
  }
  const pretty = format === 'pretty' || (format === 'auto' && isTerminal);
  const standardError = sparingWriter(2);
  if (!pretty) return standardError;
  // Loaded where a person reads the log.
  const { prettyFactory }: typeof PinoPretty = createRequire(import.meta.url)('pino-pretty');
  const prettify = prettyFactory({ colorize: isTerminal, translateTime: 'SYS:HH:MM:ss' });
  return { write: (line: string) => standardError.write(prettify(line)) };
}

/** Writes lines to an open file; one that cannot be written is dropped, and half a line is ended by the next. */
function sparingWriter(file: number): DestinationStream {
  let isTorn = false;
  return {
    write(line) {
      try {
        const text = Buffer.from(isTorn ? `\n${line}` : line);
        const written = writeSync(file, text);
        isTorn = written < text.length;
      } catch {
        // This was the channel for messages, so the error cannot be reported.
      }
    },
  };
}

/** The log is in DATA_DIR, so a DATA_DIR that cannot be written fails here first. */
class LogFileError extends ExplainedError {
  readonly code = 'LOG_FILE';
}

function openLogFile(file: string): DestinationStream {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return sparingWriter(openSync(file, 'a'));
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new LogFileError(
      `the log ${file} cannot be written: ${words}. Set DATA_DIR to a folder that you can write to`,
      { cause },
    );
  }
}

const troubleSchema = z.object({
  msg: z.string(),
  item: z.string().optional(),
  message: z.string().optional(),
  value: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

/** A log line as one sentence; the details are in the file. */
function describeTrouble(line: string): string {
  const { msg, item, message, value, err } = troubleSchema.parse(JSON.parse(line));
  const detail = message ?? value ?? err?.message;
  return [msg, item === undefined ? '' : ` (${item})`, detail === undefined ? '' : `: ${detail}`].join('');
}
