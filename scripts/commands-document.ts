/** docs/commands.md: the help of every command, as the executable prints it. */
import type { Command } from 'commander';
import { buildProgram } from '../src/cli/program.ts';
import type { Terminal } from '../src/cli/terminal.ts';

const helpWidth = 100;

export async function commandsDocument(): Promise<string> {
  const program = await buildProgram(silentTerminal);
  const commands = program.commands.filter((command) => command.name() !== 'help');
  const index = commands.map(
    (command) => `| [\`${command.name()}\`](#${command.name()}) | ${command.description()} |`,
  );
  return [
    '# Commands',
    '',
    '<!-- Written by `npm run docs` from the definitions in src/cli/commands; a test keeps it equal. -->',
    '',
    '`kie-batch COMMAND`; in a checkout `npm start -- COMMAND …` is the same. What was asked for goes to standard output,',
    'everything else to standard error; with `--json` standard output is for machines alone. Settings come from the',
    'environment and a `.env` file: see [environment.md](environment.md).',
    '',
    'On a terminal `run` and `watch` draw one live view; elsewhere, in a build (`CI` set) and with `TERM=dumb` they print a',
    'plain line now and then. Colours follow `NO_COLOR`. In a build nothing is asked.',
    '',
    '| exit code | means |',
    '| --- | --- |',
    '| 0 | everything saved, or saved before; the command did what it was asked to |',
    '| 1 | ended with failures |',
    '| 2 | wrong usage or configuration: nothing was started |',
    '| 3 | halted, and `--exit-on-halt` was given |',
    '| 130 | interrupted: everything stays queued |',
    '',
    '| command | does |',
    '| --- | --- |',
    ...index,
    '',
    ...commands.flatMap((command) => section(command, '##')),
  ].join('\n');
}

function section(command: Command, heading: string): string[] {
  const subcommands = command.commands.filter((each) => each.name() !== 'help');
  return [
    `${heading} ${nameOf(command)}`,
    '',
    '```text',
    helpOf(command),
    '```',
    '',
    ...subcommands.flatMap((each) => section(each, `${heading}#`)),
  ];
}

/** `schedule add`, without the program's own name. */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

function helpOf(command: Command): string {
  let text = '';
  command.configureHelp({ helpWidth, showGlobalOptions: false });
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

export const silentTerminal: Terminal = {
  json: () => undefined,
  print: () => undefined,
  say: () => undefined,
  warn: () => undefined,
  verbosity: 'usual',
  divert: () => undefined,
  isWatched: false,
};
