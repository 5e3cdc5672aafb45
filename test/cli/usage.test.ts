/** Help, and what the executable says when it is used wrongly: exit code 2, one clear message, nothing started. */
import { type Command, CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examplesOf } from '../../src/cli/examples.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { openTerminal } from '../../src/cli/terminal.ts';
import { asCalledHere } from '../../src/cli/vocabulary.ts';
import { shareLink } from '../setup/system.ts';
import { openProject, type Project } from './executable.ts';

interface Known {
  /** `schedule add` */
  readonly name: string;
  readonly hasOthersBelow: boolean;
  /** It asks for these before it looks at anything else. */
  readonly demandsOptions: boolean;
}

function everyCommand(command: Command, above: readonly string[] = []): Known[] {
  const below = command.commands.filter((each) => each.name() !== 'help');
  return below.flatMap((each) => {
    const name = [...above, each.name()].join(' ');
    const hasOthersBelow = each.commands.length > 0;
    const demandsOptions = each.options.some(({ mandatory }) => mandatory);
    return [{ name, hasOthersBelow, demandsOptions }, ...everyCommand(each, [name])];
  });
}

const program = await buildProgram(openTerminal(process));
const commands = everyCommand(program);

/** What the executable's program says to these words, in this process: as the executable itself, without its start. */
async function ask(words: readonly string[]) {
  const fresh = await buildProgram(openTerminal(process), words[0]);
  const said = { stdout: '', stderr: '' };
  const listen = (command: Command): void => {
    command.configureOutput({
      writeOut(text) {
        said.stdout += asCalledHere(text);
      },
      writeErr(text) {
        said.stderr += text;
      },
    });
    command.commands.forEach(listen);
  };
  listen(fresh);
  const error: unknown = await fresh.parseAsync(words, { from: 'user' }).catch((thrown: unknown) => thrown);
  return { ...said, code: error instanceof CommanderError ? error.code : error };
}

function optionsOf(name: string): string[] {
  const find = (command: Command, word: string) =>
    command.commands.find((each) => each.name() === word) ?? command;
  const command = name.split(' ').reduce(find, program);
  return command.options.map(({ long }) => long ?? '');
}

const leaves = commands.filter(({ hasOthersBelow }) => !hasOthersBelow);
const plain = commands.filter(({ hasOthersBelow, demandsOptions }) => !hasOthersBelow && !demandsOptions);

describe.concurrent('the executable, asked or used wrongly', () => {
  let project: Project;
  beforeAll(async () => {
    project = await openProject();
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it('lists every command in its help', async () => {
    const { code, stdout, stderr } = await project.run(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(commands.length).toBeGreaterThan(20);
    for (const { name } of commands)
      if (!name.includes(' ')) expect(stdout).toMatch(new RegExp(`^  ${name}[ |\\[]`, 'm'));
  });

  it.each(leaves)('gives an example of $name that its own options allow', ({ name }) => {
    const lines = examplesOf(name)
      .split('\n')
      .filter((line) => line.includes('kie-batch '));
    expect(lines.length).toBeGreaterThan(0);
    const own = optionsOf(name);
    for (const line of lines) {
      expect(line).toContain(`kie-batch ${name}`);
      for (const [flag] of line.matchAll(/--[a-z-]+/g)) if (name !== 'simulate') expect(own).toContain(flag);
    }
  });

  it('help of a command below another is its own, and of an unknown one an error', async () => {
    expect((await project.run(['help', 'schedule', 'add'])).stdout).toMatch(
      /^Usage: npm start -- schedule add /,
    );
    const unknown = await project.run(['help', 'stauts']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/unknown command 'stauts'/)]);
  });

  it('--quiet says what is wrong and nothing else, --verbose logs the details', async () => {
    await using own = await openProject();
    await own.write('list.txt', `${shareLink(1)}\nno link at all\n`);
    const quiet = await own.run(['run', 'list.txt', '--yes', '--quiet']);
    expect([quiet.code, quiet.stdout]).toEqual([1, '']);
    expect(quiet.stderr).toMatch(/^list\.txt:2: .*\n$/);
    const verbose = await own.run(['run', shareLink(2), '--yes', '--verbose']);
    expect(verbose.stderr).toMatch(/"level":[23]0/);
    expect((await project.run(['status', 'nothing', '-q'])).stderr).toMatch(/^error: There is no batch/);
  });

  it.each(commands)('explains $name and its options, on standard output', async ({ name }) => {
    const { code, stdout, stderr } = await ask([...name.split(' '), '--help']);
    expect([code, stderr]).toEqual(['commander.helpDisplayed', '']);
    expect(stdout).toMatch(
      new RegExp(`^Usage: ${name === 'completion' ? 'kie-batch' : 'npm start --'} ${name} `),
    );
    const described = stdout.split('\n').filter((line) => /^ {2}-/.test(line));
    for (const line of described) expect(line.trim()).toMatch(/ {2,}\S|>$|]$/);
  });

  it.each(plain)('$name suggests the right option for a mistyped one', async ({ name }) => {
    const { code, stdout, stderr } = await ask([...name.split(' '), '--jsn']);
    expect(stderr).toMatch(/unknown option '--jsn'[\s\S]*--json/);
    expect([code, stdout]).toEqual(['commander.unknownOption', '']);
  });

  it.each([
    ['a mistyped command', ['stauts'], /unknown command 'stauts'[\s\S]*status/],
    ['a mistyped option', ['run', '--frce'], /unknown option '--frce'[\s\S]*--force/],
    ['a missing argument', ['export'], /missing required argument 'batch'/],
    ['a missing file', ['import'], /missing required argument 'file'/],
    ['an argument too many', ['doctor', 'all'], /too many arguments/],
    ['a mistyped command below another', ['schedule', 'lst'], /unknown command 'lst'[\s\S]*list/],
    ['a missing option', ['schedule', 'add', 'news'], /required option '--cron/],
    ['a command that needs one below it', ['schedule'], /Usage: kie-batch schedule/],
    ['a file that is not there', ['run', 'nowhere.txt'], /nowhere\.txt/],
    ['a folder for a list', ['run', '.'], /error: /],
    ['a batch name nobody can keep', ['run', '--batch', '../up', 'x'], /is not a valid batch name/],
    ['an unknown model', ['enqueue', '--model', 'sora', '-'], /sora-watermark-remover/],
    ['an unknown batch', ['status', 'nothing'], /There is no batch "nothing"/],
    ['an unknown batch to export', ['export', 'nothing'], /There is no batch "nothing"/],
    ['an unknown batch to retry', ['retry', 'nothing'], /There is no batch "nothing"/],
    ['an unknown state', ['export', 'b', '--state', 'done'], /--state <state>.*Allowed choices are queued/],
    [
      'an unknown reason',
      ['retry', 'b', '--reason', 'bad'],
      /--reason <reason>.*Allowed choices are invalid-link/,
    ],
    [
      'an unknown format',
      ['export', 'b', '--format', 'xml'],
      /--format <format>.*Allowed choices are jsonl, csv/,
    ],
    [
      'an unknown stage',
      ['worker', '--stages', 'upload'],
      /--stages must be one of submit, status, download/,
    ],
    ['a wrong limit for the simulator', ['simulate', '--limit', 'fast'], /20\/10s/],
  ])('says what is wrong with %s and ends with 2', async (_what, args, message) => {
    const { code, stdout, stderr } = await project.run(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([code, stdout]).toEqual([2, '']);
  });

  it.each([
    ['no key', { KIE_API_KEY: undefined }, ['run', 'list.txt'], /KIE_API_KEY is not set.*https:\/\//],
    ['no key for a worker', { KIE_API_KEY: '' }, ['worker'], /KIE_API_KEY is not set/],
    [
      'several wrong settings',
      { SUBMIT_LIMIT: 'fast', MAX_IN_FLIGHT: '0' },
      ['status'],
      /SUBMIT_LIMIT[\s\S]*MAX_IN_FLIGHT/,
    ],
    ['a Redis that is not there', { REDIS_URL: 'redis://127.0.0.1:1' }, ['status'], /cannot be reached/],
    ['a storage of an unknown kind', { STORAGE_URL: 'ftp://x' }, ['run', 'list.txt'], /STORAGE_URL/],
    ['a key no header can carry', { KIE_API_KEY: 'schlüssel' }, ['run', 'list.txt'], /copy it again/],
  ])('names the setting to mend when there is %s', async (_what, environment, args, message) => {
    await project.writeLinks('list.txt', 1);
    const { code, stdout, stderr } = await project.run(args, { environment });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at |schlüssel/);
    expect([code, stdout]).toEqual([2, '']);
    expect(project.simulator.counts().tasks).toBe(0);
  });

  it('tells its version', async () => {
    const { code, stdout } = await project.run(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
