/**
 * Makes the process's logger. Log lines go to standard error (standard output belongs to `--json`), or to a
 * file while a progress view owns the terminal. Secrets are cut out here a second time, although nobody
 * should hand them over in the first place.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'auto' | 'pretty' | 'json';
  /** Write here instead of standard error. */
  readonly file?: string;
  readonly isTerminal: boolean;
  /** Texts that must never appear in a line. */
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

/** Replaces each secret of at least four characters by `[secret]`, also where JSON has escaped it. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let cleaned = text;
  for (const secret of secrets.filter((each) => each.length >= 4)) {
    cleaned = cleaned
      .replaceAll(secret, '[secret]')
      .replaceAll(JSON.stringify(secret).slice(1, -1), '[secret]');
  }
  return cleaned;
}

function openDestination({ file, format, isTerminal }: LoggerOptions): DestinationStream {
  if (file) {
    mkdirSync(dirname(file), { recursive: true });
    return destination({ dest: file, sync: true, append: true });
  }
  const pretty = format === 'pretty' || (format === 'auto' && isTerminal);
  const standardError = destination({ dest: 2, sync: true });
  return pretty
    ? PinoPretty({ destination: 2, sync: true, colorize: isTerminal, translateTime: 'SYS:HH:MM:ss' })
    : standardError;
}
