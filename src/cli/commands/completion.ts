/** `kie-batch completion`: a script that has the shell complete commands, options and files. */
import { Argument, Command } from 'commander';
import { bashScript } from '../completion/bash-script.ts';
import { type CommandNode, readCommandTree } from '../completion/command-tree.ts';
import { fishScript } from '../completion/fish-script.ts';
import { zshScript } from '../completion/zsh-script.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption } from './options.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Record<
  string,
  (program: CommandNode) => string
>;
type Shell = keyof typeof scripts;

export function completionCommand(terminal: Terminal): Command {
  const command = new Command('completion')
    .description('Print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
To have it in every session:
  bash  echo 'source <(kie-batch completion bash)' >> ~/.bashrc
  zsh   echo 'source <(kie-batch completion zsh)' >> ~/.zshrc
  fish  kie-batch completion fish > ~/.config/fish/completions/kie-batch.fish`,
    );
  return command.action((shell: Shell, { json }: { json: boolean }) => {
    const script = scripts[shell](readCommandTree(command.parent ?? command));
    if (json) terminal.json({ shell, script });
    else terminal.print(script);
  });
}
