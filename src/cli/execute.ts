/**
 * Runs a command line to its end: turns whatever the commands throw into one clear message and the exit code of
 * the contract, so that a person never sees a stack trace for something they can put right.
 */
import { CommanderError } from 'commander';
import { describeError } from './describe-error.ts';
import { exitCodes } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/** Sets the exit code of the process. */
export async function execute(given: readonly string[]): Promise<void> {
  const terminal = openTerminal(process);
  // A reader that has had enough (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.saved);
  });
  requireWorkingFolder(terminal);
  try {
    const words = given.length === 0 ? ['demo'] : given;
    const program = await buildProgram(terminal, words[0]);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error, terminal);
  }
}

/** @returns the exit code */
function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.saved : exitCodes.usage;
  const { text, exitCode } = describeError(error);
  terminal.say(text);
  return exitCode;
}

/** Relative paths mean nothing in a folder that has been deleted, and some libraries wait for ever there. */
function requireWorkingFolder(terminal: Terminal): void {
  try {
    process.cwd();
  } catch {
    terminal.say('error: the folder you are in has been deleted; change into another one');
    process.exit(exitCodes.usage);
  }
}
