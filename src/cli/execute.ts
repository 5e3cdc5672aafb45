/**
 * Runs a command line to its end: turns whatever the commands throw into one clear message and the exit code of
 * the contract, so that a person never sees a stack trace for something they can put right.
 */
import { CommanderError } from 'commander';
import type { Verbosity } from '../shared/logging/logger.ts';
import { allowSlowConnects } from '../shared/outgoing/slow-connects.ts';
import { isErrorWithCode } from '../shared/redis/error-code.ts';
import { watchForCrash } from './crash.ts';
import { exitCodes } from './exit-codes.ts';
import { buildProgram, isCommand } from './program.ts';
import { openTerminal, type Terminal } from './terminal.ts';

export async function execute(given: readonly string[]): Promise<void> {
  const words = wordsOf(given);
  const terminal = openTerminal(process, verbosityOf(words));
  const crash = watchForCrash(terminal);
  outliveReaders(words[0], terminal);
  allowSlowConnects();
  requireWorkingFolder(terminal);
  try {
    const program = await buildProgram(terminal, words[0]);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = await report(error, terminal);
  }
  // The failed command may have left handles open that keep the process alive.
  if (crash.hasCrashed) process.exit(exitCodes.crashed);
}

/** Without a command the demo; `help COMMAND …` is what the command itself says. */
function wordsOf(given: readonly string[]): readonly string[] {
  const [first = 'demo', ...rest] = given;
  if (first !== 'help' || rest.length === 0) return [first, ...rest];
  return isCommand(rest[0]) ? [...rest, '--help'] : rest;
}

/** Read before the words are understood: what is wrong with them is said as well. */
function verbosityOf(words: readonly string[]): Verbosity {
  if (words.includes('--quiet') || words.includes('-q')) return 'quiet';
  return words.includes('--verbose') || words.includes('-v') ? 'verbose' : 'usual';
}

/** Commands that only print: when their reader has had enough (`| head`) they have nothing left to do. */
const printingCommands = [
  'export',
  'status',
  'watch',
  'list',
  'doctor',
  'completion',
  'models',
  '--help',
  '-h',
  'help',
];

function isPrinting(command: string | undefined): boolean {
  return command !== undefined && printingCommands.includes(command);
}

/** A closed pipe or terminal silences the output, and changes nothing else. */
function outliveReaders(command: string | undefined, terminal: Terminal): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error) => {
    const isGone = isErrorWithCode(error, 'EPIPE');
    if (!isGone) terminal.warn(`error: standard output cannot be written: ${error.message}`);
    if (isPrinting(command)) process.exit(isGone ? exitCodes.saved : exitCodes.failures);
  });
}

async function report(error: unknown, terminal: Terminal): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.saved : exitCodes.usage;
  const { describeError } = await import('./describe-error.ts');
  const { text, exitCode } = await describeError(error);
  terminal.warn(text);
  return exitCode;
}

/** Relative paths have no meaning in a deleted folder, and some libraries wait forever there. */
function requireWorkingFolder(terminal: Terminal): void {
  try {
    process.cwd();
  } catch {
    terminal.warn('error: the working directory was deleted; change to another one');
    process.exit(exitCodes.usage);
  }
}
