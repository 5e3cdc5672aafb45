/**
 * The whole command line as data: every command with its arguments and options, nothing run. Built by main.ts for
 * the executable, and by the script that writes docs/commands.md.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import { cancelCommand } from './commands/cancel.ts';
import { completionCommand } from './commands/completion.ts';
import { demoCommand } from './commands/demo.ts';
import { enqueueCommand } from './commands/enqueue.ts';
import { exportCommand } from './commands/export.ts';
import { listBatchesCommand } from './commands/list.ts';
import { pauseCommand, resumeCommand } from './commands/pause.ts';
import { priorityCommand } from './commands/priority.ts';
import { removeCommand } from './commands/remove.ts';
import { retryCommand } from './commands/retry.ts';
import { runCommand } from './commands/run.ts';
import { scheduleCommand } from './commands/schedule.ts';
import { serveCommand } from './commands/serve.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { watchCommand } from './commands/watch.ts';
import { workerCommand } from './commands/worker.ts';
import type { Terminal } from './terminal.ts';

/** In the order in which the help lists them. */
const commands = [
  runCommand,
  enqueueCommand,
  workerCommand,
  serveCommand,
  statusCommand,
  watchCommand,
  listBatchesCommand,
  exportCommand,
  retryCommand,
  cancelCommand,
  pauseCommand,
  resumeCommand,
  priorityCommand,
  removeCommand,
  scheduleCommand,
  simulateCommand,
  demoCommand,
  completionCommand,
] as const;

/** Its commands throw a CommanderError where they would otherwise end the process. */
export function buildProgram(terminal: Terminal): Command {
  const program = new Command('kie-batch')
    .description('Thousands of video links in, finished, verified and labelled videos out.')
    .version(readVersion())
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true });
  for (const make of commands) program.addCommand(make(terminal));
  throwInsteadOfExit(program);
  return program;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) throwInsteadOfExit(each);
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
