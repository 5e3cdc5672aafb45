/**
 * The fenced blocks of README and docs, and which of their lines cannot be run by a test, with the reason. Used by
 * snippets.test.ts alone.
 */
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

export interface Block {
  readonly page: string;
  /** Of its opening fence. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** Generated from the program's own help, and held to it by `npm run docs:check`. */
const generated = ['docs/commands.md', 'docs/environment.md'];

export function readBlocks(): Block[] {
  const pages = [...globSync('README*.md', { cwd: root }), ...globSync('docs/**/*.md', { cwd: root })];
  return pages
    .filter((page) => !generated.includes(page))
    .flatMap((page) => blocksOf(page, readFileSync(join(root, page), 'utf8')));
}

function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```/gm)].map((match) => {
    const [, indent = '', language = '', body = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    return { page, line, language, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
}

const shellWords =
  /^([A-Z_]+=\S+ )*(kie-batch|npm|git|docker|curl|export|cp|tar|kubectl|useradd|systemctl|install) /m;

export function isShell({ language, text }: Block): boolean {
  return language === 'sh' || (language === '' && shellWords.test(text));
}

/** Lines of NAME=value, as they stand in a file `.env`. */
export function isSettings({ language, text }: Block): boolean {
  return language === '' && !shellWords.test(text) && /^[A-Z_]+=\S+$/m.test(text);
}

/** The commands of a block, one a line, continued lines joined, comments and blank lines left out. */
export function commandsOf({ text }: Block): string[] {
  const joined = text.replaceAll(/\\\n\s*/g, ' ');
  return joined
    .split('\n')
    .map((line) => line.replace(/(^| +)# .*$/, ''))
    .filter((line) => line.trim() !== '');
}

const notRunHere: readonly (readonly [RegExp, string])[] = [
  [/^git pull$/, 'changes the checkout'],
  [/^(git pull && )?npm ci/, 'test/package installs and runs the package; .ci/run begins with npm ci'],
  [/^npm i -g/, 'test/package installs the packed tarball in a folder instead'],
  [
    /^docker/,
    'needs a Docker engine; test/deploy/compose.test.ts runs docker-compose.yml where there is one',
  ],
  [/^kubectl/, 'needs a cluster; test/deploy/manifests.test.ts reads the manifests'],
  [
    /^(systemctl|useradd|install|cp deploy\/systemd)/,
    'changes this system; test/deploy/manifests.test.ts checks the units',
  ],
];

/** @returns why this command is not run, or null */
export function whyNotRun(command: string): string | null {
  return notRunHere.find(([pattern]) => pattern.test(command))?.[1] ?? null;
}
