/**
 * Handles an uncaught error: the work stops as at the first Ctrl-C (withInterrupt is informed too), open create calls
 * are finished and their ids recorded, and only then does the process end. The user gets one line, the log file gets
 * the stack. Called by execute.ts.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { secretTexts } from '../shared/configuration/secret-texts.ts';
import { withoutSecrets } from '../shared/logging/shown-text.ts';
import { exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export interface CrashWatch {
  readonly hasCrashed: boolean;
}

/** Longer than a create call can take; after that nothing is waited for. */
const longestDrainMs = 90_000;

export function watchForCrash(terminal: Terminal): CrashWatch {
  const watch = { hasCrashed: false };
  // Promises that reject unhandled arrive here too.
  process.on('uncaughtException', (error: unknown) => {
    const told = describeCrash(error).then(terminal.warn);
    const isAlone = process.listenerCount('uncaughtException') === 1;
    if (isAlone) void told.finally(() => process.exit(exitCodes.crashed));
    if (isAlone || watch.hasCrashed) return;
    watch.hasCrashed = true;
    setTimeout(() => process.exit(exitCodes.crashed), longestDrainMs).unref();
  });
  return watch;
}

/** Writes the stack to the log file. Never rejects. @returns the line for the person */
export async function describeCrash(error: unknown): Promise<string> {
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0];
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const head = `error: internal error of kie-batch: ${message}. Nothing is lost; rerun the command to resume.`;
  try {
    return `${head} Please report it with the details in ${await logStack(stack)}`;
  } catch {
    return `${head} Please report it:\n${stack}`;
  }
}

/** @throws when the configuration cannot be read or the log file cannot be opened */
async function logStack(stack: string): Promise<string> {
  // Loaded when it is needed: commands that only print start quicker without it.
  const { loadConfiguration } = await import('../shared/configuration/configuration.ts');
  const { configuration } = loadConfiguration();
  const file = join(configuration.DATA_DIR, 'logs', 'kie-batch.log');
  const line = JSON.stringify({ level: 60, time: new Date().toISOString(), msg: 'Crashed', stack });
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${withoutSecrets(line, secretTexts())}\n`);
  return file;
}
