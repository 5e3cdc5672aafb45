/** The command line as the completion scripts see it: plain data, read from the definitions of the commands. */
import type { Argument, Command, Option } from 'commander';
import { stageWords } from '../../src/cli/commands/worker.ts';
import { loadModels } from '../../src/shared/models/load-models.ts';

export interface CommandNode {
  /** `/schedule/add`; empty for the program itself. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionNode[];
  readonly commands: readonly CommandNode[];
  /** What its arguments are completed with. */
  readonly argument: Completion;
}

export interface OptionNode {
  /** `--batch`, and `-h` where there is one. */
  readonly flags: readonly string[];
  readonly description: string;
  /** What its value is completed with; null when it takes none. */
  readonly value: Completion | null;
}

export type Completion =
  | { readonly with: 'files' }
  | { readonly with: 'nothing' }
  /** The names of the batches there are, asked for when they are needed. */
  | { readonly with: 'batches' }
  | { readonly with: 'words'; readonly words: readonly string[] };

export function readCommandTree(command: Command, path = ''): CommandNode {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  return {
    path,
    name: command.name(),
    description: oneLine(command.description()),
    options: help.visibleOptions(command).map(readOption),
    commands: subcommands.map((each) => readCommandTree(each, `${path}/${each.name()}`)),
    argument: argumentOf(command.registeredArguments[0]),
  };
}

/** The node and all below it. */
export function everyCommand(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(everyCommand)];
}

function readOption(option: Option): OptionNode {
  const takesValue = option.required || option.optional;
  return {
    flags: [option.long, option.short].filter((flag) => flag !== undefined && flag !== null),
    description: oneLine(option.description),
    value: takesValue ? completionOf(option.argChoices, option.flags) : null,
  };
}

function argumentOf(argument: Argument | undefined): Completion {
  if (argument === undefined) return { with: 'nothing' };
  return completionOf(argument.argChoices, argument.name());
}

/** Values that are no closed list. */
const wordsFor: Readonly<Record<string, () => readonly string[]>> = {
  shell: () => ['bash', 'zsh', 'fish'],
  id: modelIds,
  '--model <id>': modelIds,
  '--stages <list>': () => Object.keys(stageWords),
};

function modelIds(): string[] {
  return loadModels({ extraFiles: [] })
    .list()
    .map(({ id }) => id);
}

/** What names files says so by its name. */
function completionOf(choices: readonly string[] | undefined, name: string): Completion {
  if (choices !== undefined && choices.length > 0) return { with: 'words', words: choices };
  const words = wordsFor[name];
  if (words !== undefined) return { with: 'words', words: words() };
  if (/^batch$|^--batch /.test(name)) return { with: 'batches' };
  return /file|folder|--source/i.test(name) ? { with: 'files' } : { with: 'nothing' };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
