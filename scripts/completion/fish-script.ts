/** The completion script for fish. Pure. */
import { type CommandNode, type Completion, everyCommand, type OptionNode } from './command-tree.ts';

export function fishScript(program: CommandNode): string {
  const nodes = everyCommand(program);
  const at = `__${program.name.replaceAll(/\W/g, '_')}_at`;
  const paths = nodes.slice(1).map(({ path }) => path);
  return [
    `# fish completion for ${program.name}: ${program.name} completion fish | source`,
    `function ${at}`,
    "    set -l path ''",
    '    for word in (commandline -opc)[2..-1]',
    '        switch "$path/$word"',
    `            case ${paths.join(' ')}`,
    '                set path "$path/$word"',
    '        end',
    '    end',
    '    test "$path" = "$argv[1]"',
    'end',
    `complete -c ${program.name} -f`,
    ...nodes.flatMap((node) => linesOf(node, `complete -c ${program.name} -n "${at} '${node.path}'"`)),
  ].join('\n');
}

/** Run by fish when it needs them. */
const batchNames = '(kie-batch completion batches 2>/dev/null)';

function linesOf({ commands, options, argument }: CommandNode, start: string): string[] {
  return [
    ...commands.map(({ name, description }) => `${start} -a ${quoted(name)} -d ${quoted(description)}`),
    ...options.map((option) => `${start} ${optionPart(option)}`),
    ...argumentLines(argument).map((part) => `${start} ${part}`),
  ];
}

function optionPart({ flags, description, value }: OptionNode): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${quoted(flag.slice(2))}` : `-s ${quoted(flag.slice(1))}`,
  );
  return [...names, ...(value === null ? [] : [valuePart(value)]), `-d ${quoted(description)}`].join(' ');
}

function valuePart(value: Completion): string {
  switch (value.with) {
    case 'files':
      return '-r -F';
    case 'nothing':
      return '-x';
    case 'batches':
      return `-x -a ${quoted(batchNames)}`;
    case 'words':
      return `-x -a ${quoted(value.words.join(' '))}`;
    default:
      return value satisfies never;
  }
}

function argumentLines(argument: Completion): string[] {
  if (argument.with === 'files') return ['-F'];
  if (argument.with === 'batches') return [`-a ${quoted(batchNames)}`];
  return argument.with === 'words' ? [`-a ${quoted(argument.words.join(' '))}`] : [];
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
