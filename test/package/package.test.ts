/**
 * The package as a stranger gets it: packed, installed in an empty folder with an empty cache, and used, with the
 * oldest Node that it supports and the one that this project is developed on. Needs the npm registry; without one
 * the tests that install are skipped.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const oldestNode = '22.19.0';
const slowMs = 300_000;

let folder: string;
let tarball: string;
const registry = await run('npm', ['view', 'node', 'version'], { timeout: 60_000 }).then(
  () => true,
  () => false,
);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kie-batch-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  tarball = join(folder, packed(stdout).filename);
}, slowMs);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  test('holds the build, examples and documents, and nothing else', async () => {
    const { stdout } = await run('tar', ['tzf', tarball]);
    const allowed =
      /^package\/(package\.json|README\.md|README\.zh-CN\.md|LICENSE|CHANGELOG\.md|bin\/kie-batch\.cjs|(dist|schema|completions)\/.+|examples\/[\w./-]+|docs\/[\w./-]+\.md)$/;
    const foreign = stdout
      .trim()
      .split('\n')
      .filter((path) => !allowed.test(path) || path.endsWith('.map') || /\.test\./.test(path));
    expect(foreign).toEqual([]);
    expect(stdout).toContain('package/dist/index.d.ts');
  });

  test('passes publint, and its types resolve for every kind of module resolution', async () => {
    await run('npm', ['run', '--silent', 'check:package'], { cwd: root });
  });
});

describe.skipIf(!registry)('an installed copy', () => {
  test(
    'works with the oldest Node it supports, installed without running any script',
    async () => {
      const project = await install('oldest', ['--ignore-scripts']);
      const node = await installNode(oldestNode);
      await exercise(project, node);
    },
    2 * slowMs,
  );

  test(
    'works with the Node of this project, installed with whatever scripts its dependencies have',
    async () => {
      const project = await install('usual', []);
      await exercise(project, dirname(process.execPath));
    },
    slowMs,
  );

  test(
    'says on an older Node which one it needs',
    async () => {
      const project = await install('old-node', ['--ignore-scripts']);
      const node = await installNode('18.20.8');
      const refused = await kieBatch(project, node, ['--version']).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        code: 2,
        stderr: 'kie-batch needs Node 22.19 or later; this is v18.20.8.\n',
      });
    },
    slowMs,
  );
});

/** Installs the tarball into an empty folder with an empty cache. */
async function install(name: string, options: readonly string[]): Promise<string> {
  const project = join(folder, name);
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{"private":true,"type":"module"}');
  await npmInstall(project, [...options, tarball]);
  return project;
}

/** @returns the folder of its executable */
async function installNode(version: string): Promise<string> {
  const project = join(folder, `node-${version}`);
  await mkdir(project, { recursive: true });
  await writeFile(join(project, 'package.json'), '{"private":true}');
  await npmInstall(project, [`node@${version}`]);
  return join(project, 'node_modules', 'node', 'bin');
}

async function npmInstall(project: string, words: readonly string[]): Promise<void> {
  const cache = join(project, '.npm-cache');
  await run('npm', ['install', '--no-audit', '--no-fund', '--cache', cache, ...words], { cwd: project });
}

async function exercise(project: string, node: string): Promise<void> {
  const version = await kieBatch(project, node, ['--version']);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const help = await kieBatch(project, node, ['--help']);
  expect(help.stdout).toContain('enqueue');
  expect(help.stdout).not.toContain('npm start');
  const demo = await kieBatch(project, node, ['demo']);
  expect(demo.stderr).not.toContain('npm start');
  const videos = await readdir(join(project, 'videos', 'demo'));
  expect(videos.filter((name) => name.endsWith('.mp4')).length).toBeGreaterThan(0);
  // Without a key nothing starts, and the line says what to do.
  await writeFile(
    join(project, 'links.txt'),
    'https://sora.chatgpt.com/p/s_68e83bd7eee88191be79d2ba7158516f\n',
  );
  const refused = await kieBatch(project, node, ['run', 'links.txt']).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('KIE_API_KEY') });
  await writeFile(
    join(project, 'library.mjs'),
    "import { createProducer, createWorker } from 'kie-batch'; console.log(typeof createProducer, typeof createWorker);",
  );
  const library = await execute(project, node, [join(node, 'node'), 'library.mjs']);
  expect(library.stdout).toBe('function function\n');
}

function kieBatch(project: string, node: string, words: readonly string[]) {
  return execute(project, node, [join(project, 'node_modules', '.bin', 'kie-batch'), ...words]);
}

function execute(project: string, node: string, [program, ...words]: readonly string[]) {
  const PATH = [node, process.env['PATH']].join(delimiter);
  const environment = { PATH, HOME: project, CI: 'true' };
  return run(program ?? '', words, { cwd: project, env: environment, timeout: slowMs });
}

function packed(json: string): { filename: string } {
  const [first]: { filename: string }[] = JSON.parse(json.slice(json.indexOf('[')));
  if (first === undefined) throw new Error('npm pack names no file');
  return first;
}
