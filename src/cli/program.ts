/**
 * The whole command line as data: every command with its arguments and options, without running anything. Built by
 * execute.ts for the executable, and by the script that writes docs/commands.md. A command is loaded when it is used:
 * loading all of them takes several times the memory and time.
 */
import { Command } from 'commander';
import { programVersion } from '../shared/program-version.ts';
import { examplesOf } from './examples.ts';
import type { Terminal } from './terminal.ts';
import { asCalledHere } from './vocabulary.ts';

type MakeCommand = (terminal: Terminal) => Command;

/** In the order in which the help lists them. */
const commands: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand,
  enqueue: async () => (await import('./commands/enqueue.ts')).enqueueCommand,
  worker: async () => (await import('./commands/worker.ts')).workerCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  watch: async () => (await import('./commands/watch.ts')).watchCommand,
  list: async () => (await import('./commands/list.ts')).listBatchesCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  retry: async () => (await import('./commands/retry.ts')).retryCommand,
  cancel: async () => (await import('./commands/cancel.ts')).cancelCommand,
  pause: async () => (await import('./commands/pause.ts')).pauseCommand,
  resume: async () => (await import('./commands/pause.ts')).resumeCommand,
  priority: async () => (await import('./commands/priority.ts')).priorityCommand,
  remove: async () => (await import('./commands/remove.ts')).removeCommand,
  schedule: async () => (await import('./commands/schedule.ts')).scheduleCommand,
  models: async () => (await import('./commands/models.ts')).modelsCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
};

/**
 * Its commands throw a CommanderError where they would otherwise end the process.
 * @param wanted the command that is going to be run; unknown or undefined: all of them, for help and suggestions
 */
export async function buildProgram(terminal: Terminal, wanted?: string): Promise<Command> {
  const program = new Command('kie-batch')
    .description('Thousands of video links in, finished, verified and labelled videos out.')
    .version(programVersion())
    .configureOutput({ writeOut: (text) => process.stdout.write(asCalledHere(text)) })
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true });
  for (const load of loadersOf(wanted)) {
    const make = await load();
    program.addCommand(addShared(make(terminal), program));
  }
  throwInsteadOfExit(program);
  return program;
}

export function isCommand(word: string | undefined): boolean {
  return word !== undefined && Object.hasOwn(commands, word);
}

/** What every command has, and examples in its help. */
function addShared(command: Command, parent: Command, path = command.name()): Command {
  command.copyInheritedSettings(parent);
  for (const each of command.commands) addShared(each, command, `${path} ${each.name()}`);
  if (command.commands.length > 0) return command;
  return command
    .option('-q, --quiet', 'print only problems and the requested output')
    .option('-v, --verbose', 'log details to standard error')
    .addHelpText('after', () => examplesOf(path));
}

function loadersOf(wanted: string | undefined): readonly (() => Promise<MakeCommand>)[] {
  const isOne = isCommand(wanted);
  return Object.entries(commands)
    .filter(([name]) => !isOne || name === wanted)
    .map(([, load]) => load);
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) throwInsteadOfExit(each);
}
