/**
 * `kie-batch completion`: a script that has the shell complete commands, options, values and files. The scripts are
 * written by `npm run docs` from the definitions of the commands and only printed here.
 */
import { readFile } from 'node:fs/promises';
import { Argument, Command, InvalidArgumentError } from 'commander';
import type { Terminal } from '../terminal.ts';
import { jsonOption } from './json-option.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
/** What the scripts ask for to complete names of batches. */
const batchNames = 'batches';

export function completionCommand(terminal: Terminal): Command {
  const shell = new Argument('<shell>', `the shell: ${shells.join(', ')}`).argParser(shellOf);
  return new Command('completion')
    .description('Print a completion script for a shell')
    .addArgument(shell)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
To load it in every session:
  bash  echo 'source <(kie-batch completion bash)' >> ~/.bashrc
  zsh   echo 'source <(kie-batch completion zsh)' >> ~/.zshrc
  fish  kie-batch completion fish > ~/.config/fish/completions/kie-batch.fish`,
    )
    .action(async (name: string, { json }: { json: boolean }) => {
      if (name === batchNames) return printBatchNames(terminal);
      const file = new URL(`../../../completions/kie-batch.${name}`, import.meta.url);
      const script = (await readFile(file, 'utf8')).trimEnd();
      if (json) terminal.json({ shell: name, script });
      else terminal.print(script);
    });
}

function shellOf(text: string): string {
  if (text === batchNames || shells.some((shell) => shell === text)) return text;
  throw new InvalidArgumentError(`It must be one of ${shells.join(', ')}.`);
}

/** Silent on any error, because it runs while the user types. */
async function printBatchNames(terminal: Terminal): Promise<void> {
  const { readBatchNames } = await import('../read-batch-names.ts');
  const names = await readBatchNames().catch(() => []);
  if (names.length > 0) terminal.print(names.join('\n'));
}
