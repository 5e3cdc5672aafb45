/** What the scripts for bash and zsh have in common: a `case` for each place in the command line. Pure. */
import { type CommandNode, type Completion, everyCommand } from './command-tree.ts';

export interface Cases {
  /** Walks along the commands given so far. */
  readonly walk: string;
  /** After an option that takes a value. */
  readonly values: string;
  /** After a command. */
  readonly commands: string;
}

/**
 * @param assign the shell's assignment of what is offered
 * @param entriesOf the subcommands and options of a command, as the shell lists them
 */
export function casesOf(
  program: CommandNode,
  assign: (entries: readonly string[], completion: Completion) => string,
  entriesOf: (node: CommandNode) => readonly string[],
): Cases {
  const nodes = everyCommand(program);
  const values = nodes.flatMap(({ path, options }) =>
    options.flatMap(({ flags, value }) => {
      if (value === null) return [];
      const pattern = flags.map((flag) => quoted(`${path} ${flag}`)).join('|');
      return [`    ${pattern}) ${assign(wordsOf(value), value)} ;;`];
    }),
  );
  const commands = nodes.map((node) => {
    const entries = [...entriesOf(node), ...wordsOf(node.argument)];
    return `        ${quoted(node.path)}) ${assign(entries, node.argument)} ;;`;
  });
  const paths = nodes.slice(1).map(({ path }) => path);
  return { walk: paths.join('|'), values: values.join('\n'), commands: commands.join('\n') };
}

function wordsOf(completion: Completion): readonly string[] {
  return completion.with === 'words' ? completion.words : [];
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
