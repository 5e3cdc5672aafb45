#!/usr/bin/env node
/**
 * The executable `kie-batch`. Builds the commands, and turns whatever they throw into one clear message and the
 * exit code of the contract: a person never sees a stack trace for something they can put right.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { demoCommand } from './commands/demo.ts';
import { enqueueCommand } from './commands/enqueue.ts';
import { exportCommand } from './commands/export.ts';
import { retryCommand } from './commands/retry.ts';
import { runCommand } from './commands/run.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { workerCommand } from './commands/worker.ts';
import { describeError } from './describe-error.ts';
import { exitCodes } from './exit-codes.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal(process);
// A reader that has had enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.saved);
});

const program = new Command('kie-batch')
  .description('Thousands of video links in, finished, verified and labelled videos out.')
  .version(readVersion())
  .showSuggestionAfterError()
  .configureHelp({ showGlobalOptions: true });
for (const make of [
  runCommand,
  enqueueCommand,
  workerCommand,
  statusCommand,
  exportCommand,
  retryCommand,
  simulateCommand,
  demoCommand,
]) {
  program.addCommand(make(terminal));
}
for (const command of [program, ...program.commands]) command.exitOverride();

requireWorkingFolder();
const given = process.argv.slice(2);
try {
  await program.parseAsync(given.length === 0 ? ['demo'] : given, { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.saved : exitCodes.usage;
  } else {
    const { text, exitCode } = describeError(error);
    terminal.say(text);
    process.exitCode = exitCode;
  }
}

/** Relative paths mean nothing in a folder that has been deleted, and some libraries wait for ever there. */
function requireWorkingFolder(): void {
  try {
    process.cwd();
  } catch {
    terminal.say('error: the folder you are in has been deleted; change into another one');
    process.exit(exitCodes.usage);
  }
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
