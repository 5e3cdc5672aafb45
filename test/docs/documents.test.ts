/**
 * What the documents name exists: commands and options by the program's own definitions, settings by their schema,
 * links by the files. Nothing of them is run here.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { configurationSchema } from '../../src/shared/configuration/schema.ts';
import { haltReasons } from '../../src/shared/gate-state/halt-reasons.ts';
import { failureReasons } from '../../src/shared/ledger/states.ts';

const root = resolve(import.meta.dirname, '../..');
const paths = [...globSync('*.md', { cwd: root }), ...globSync('docs/**/*.md', { cwd: root })];
const documents = paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

/** Settings of other programs, and of docker-compose.yml. */
const foreignSettings =
  /^(AWS_|OTEL_|XDG_|GIT_|COMPOSE_|TESTCONTAINERS_|GF_|npm_|NODE_|(REDIS|BASE|NODE|KIE_BATCH)_IMAGE$|METRICS_TOKEN$|GRAFANA_PASSWORD$|PATH$|TZ$|HTTPS?_PROXY$|NO_PROXY$)/;

/** `kie-batch …`, in blocks and in running text, to the end of the line, of the code or of the pipe. */
function commandsIn(text: string): string[] {
  const joined = text.replaceAll(/\\\n\s*/g, ' ');
  const code = [...joined.matchAll(/^```(?:sh|bash)?\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.split('\n'),
  );
  const inline = [...joined.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, each = '']) => each,
  );
  return [...code, ...inline].flatMap((line) => {
    const found =
      /^(?:[A-Z_]+=\S+ +)*(?:npx )?kie-batch +(.+)$/.exec(line.trim()) ??
      /^npm start -- +(.+)$/.exec(line.trim()) ??
      /^docker compose run --rm -T worker +(.+)$/.exec(line.trim());
    const words = found?.[1]?.split(/ [|<>#&]|;| {3}/)[0]?.trim();
    return words === undefined || words === '' ? [] : [words];
  });
}

/** @returns what is wrong with it, or null */
function problemOf(words: string, program: Command): string | null {
  const [name = '', ...rest] = words.split(/\s+/);
  // An option of the program itself, or a placeholder like COMMAND.
  if (!/^[a-z]/.test(name)) return null;
  const command = program.commands.find((each) => each.name() === name);
  if (command === undefined) return `no command "${name}"`;
  const sub = command.commands.find((each) => each.name() === rest[0]);
  if (command.commands.length > 0 && rest[0] !== undefined && /^[a-z]/.test(rest[0]) && sub === undefined)
    return `no command "${name} ${rest[0]}"`;
  const options = (sub ?? command).options.flatMap(({ long, short }) => [long, short]);
  const unknown = rest
    .map((word) => /^(--[a-z][a-z-]*)/.exec(word)?.[1])
    .filter((option) => option !== undefined && option !== '--help' && !options.includes(option));
  return unknown.length === 0 ? null : `${name} has no ${unknown.join(', ')}`;
}

let program: Command;
const silent = () => undefined;
const terminal: Terminal = {
  json: silent,
  print: silent,
  say: silent,
  warn: silent,
  verbosity: 'usual',
  divert: silent,
  isWatched: false,
};
beforeAll(async () => {
  program = await buildProgram(terminal);
});

describe.each(documents)('$path', ({ path, text }) => {
  it('names commands and options that exist', () => {
    const problems = commandsIn(text).flatMap((words) => {
      const problem = problemOf(words, program);
      return problem === null ? [] : [`${words}: ${problem}`];
    });
    expect(problems).toEqual([]);
  });

  it('names settings that exist', () => {
    const known = Object.keys(configurationSchema.shape);
    const named = [...text.matchAll(/(?:^|[\s`])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=/gm)].map(
      ([, name = '']) => name,
    );
    expect(named.filter((name) => !known.includes(name) && !foreignSettings.test(name))).toEqual([]);
  });

  it('links to files and headings that exist', () => {
    const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '`');
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !resolves(path, link));
    expect(broken).toEqual([]);
  });
});

function resolves(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? join(root, from) : join(root, dirname(from), file);
  if (!existsSync(target)) return false;
  if (anchor === undefined || !target.endsWith('.md')) return true;
  const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return headings.includes(anchor);
}

describe('troubleshooting', () => {
  const text = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');

  it.each([...haltReasons, ...failureReasons])('has a remedy for %s', (reason) => {
    expect(text).toMatch(new RegExp(`^\\| \`${reason}\` \\| [^|]+ \\| [^|]+ \\|$`, 'm'));
  });

  it('names nothing that does not exist', () => {
    const named = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual([...haltReasons, ...failureReasons].toSorted());
  });
});

describe.each([
  ['README.md', 'README.zh-CN.md'],
  ['docs/get-started.md', 'docs/get-started.zh-CN.md'],
])('%s and %s', (english, chinese) => {
  const [left = '', right = ''] = [english, chinese].map((path) => readFileSync(join(root, path), 'utf8'));

  it('have the same sections', () => {
    const levels = (text: string) => [...withoutBlocks(text).matchAll(/^#+(?= )/gm)].map(([level]) => level);
    expect(levels(right)).toEqual(levels(left));
  });

  it('have the same commands', () => {
    expect(blocksWithoutComments(right)).toEqual(blocksWithoutComments(left));
  });

  it('have the same tables, pages and settings', () => {
    const named = (text: string) => ({
      rows: [...text.matchAll(/^\| (.*?) \|/gm)].map(([, cell = '']) => codesOf(cell).filter(isLatin)),
      pages: [...text.matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link).filter((link) => link !== english),
      settings: [...new Set(text.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g))].toSorted(),
    });
    const withoutOther = (path: string | undefined) =>
      !path?.endsWith('get-started.md') && !path?.includes('.zh-CN');
    const [ours, theirs] = [named(left), named(right)].map(({ pages, ...others }) => ({
      ...others,
      pages: [...new Set(pages.filter(withoutOther))].toSorted(),
    }));
    expect(theirs).toEqual(ours);
  });
});

const withoutBlocks = (text: string) => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
const blocksWithoutComments = (text: string) =>
  [...text.matchAll(/^ *```\w*\n([\s\S]*?)^ *```/gm)].map(([, block = '']) =>
    block.replaceAll(/ +# .*$/gm, ''),
  );
const codesOf = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
const isLatin = (text: string) => /^[\x20-\x7e…]*$/.test(text);

it('finds the commands that it checks', () => {
  const found = documents.flatMap(({ text }) => commandsIn(text));
  expect(found.length).toBeGreaterThan(60);
});

it('the index leads to every document', () => {
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8');
  const pages = globSync('*.md', { cwd: join(root, 'docs') }).filter((page) => page !== 'README.md');
  expect(pages.filter((page) => !index.includes(`](${page})`))).toEqual([]);
});
