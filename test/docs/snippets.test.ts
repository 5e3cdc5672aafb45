/**
 * Every block of README and docs is tried: shell lines are run against the simulated vendor and a real Redis, page by
 * page and in order; TypeScript is compiled and run; settings, JSON, YAML and the files of proxies are read by what
 * reads them. What cannot be run is skipped by name, with the reason.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfiguration } from '../../src/shared/configuration/configuration.ts';
import { openProject } from '../cli/executable.ts';
import { openShell } from './document-shell.ts';
import { type Block, commandsOf, isSettings, isShell, readBlocks, root, whyNotRun } from './snippets.ts';

const run = promisify(execFile);
const slowMs = 300_000;
const blocks = readBlocks();
const at = ({ page, line }: Block) => `${page}:${line}`;
const inLanguage = (language: string) => blocks.filter((block) => block.language === language);

const shellPages = Map.groupBy(blocks.filter(isShell), ({ page }) => page);

describe('shell lines', () => {
  for (const [page, ofPage] of shellPages) {
    const commands = ofPage.flatMap(commandsOf);
    const runnable = commands.filter((command) => whyNotRun(command) === null);
    for (const [reason, skipped] of Map.groupBy(commands, whyNotRun)) {
      if (reason !== null) it.skip(`${page}: ${reason}: ${skipped.join('; ')}`);
    }
    if (runnable.length === 0) continue;
    test(`${page}: ${runnable.length} lines`, { timeout: slowMs }, async () => {
      await using shell = await openShell(page);
      for (const command of runnable) await shell.run(command);
    });
  }
});

describe('other blocks', () => {
  it.each(blocks.filter(isSettings).map((block) => [at(block), block] as const))(
    'the settings at %s are valid',
    (_at, { text }) => {
      const pairs = [...text.matchAll(/^([A-Z_]+)=(\S+)$/gm)].map(([, name = '', value = '']) => [
        name,
        value,
      ]);
      // METRICS_TOKEN is read by docker-compose.yml.
      const settings = Object.fromEntries(pairs.filter(([name]) => name !== 'METRICS_TOKEN'));
      const given = JSON.stringify(settings).replaceAll(/…|SECRET/g, 'a-secret-of-24-characters');
      const { warnings } = parseConfiguration({ KIE_API_KEY: 'key', ...JSON.parse(given) });
      expect(warnings).toEqual([]);
    },
  );

  it.each(inLanguage('json').map((block) => [at(block), block] as const))(
    'the JSON at %s is valid',
    (_at, { text }) => {
      expect(JSON.parse(text)).toBeTypeOf('object');
    },
  );

  it.each(inLanguage('yaml').map((block) => [at(block), block] as const))(
    'the YAML at %s is valid',
    (_at, { text }) => {
      expect(parse(text)).toBeTypeOf('object');
    },
  );

  it('the lines for a crontab run in a shell', { timeout: slowMs }, async () => {
    await using shell = await openShell('docs/sources.md');
    for (const block of inLanguage('crontab')) {
      for (const line of commandsOf(block)) {
        expect(line).toMatch(/^([\d*/,-]+ ){5}\S/);
        await shell.run(line.replace(/^(\S+ ){5}/, '').replaceAll('\\%', '%'));
      }
    }
  });

  it.skipIf(!isInstalled('nginx', '-v'))('nginx reads its lines', async () => {
    await using project = await openProject();
    const locations = inLanguage('nginx').map(({ text }) => text);
    expect(locations).not.toEqual([]);
    const server = `events {}\nhttp { server { listen 127.0.0.1:8080; ${locations.join('\n')} } }\n`;
    await project.write('nginx.conf', `pid ${project.folder}/pid; error_log stderr;\n${server}`);
    await run('nginx', ['-t', '-c', join(project.folder, 'nginx.conf')]);
  });

  it.skipIf(!isInstalled('caddy', 'version'))('Caddy reads its lines', async () => {
    await using project = await openProject();
    const [lines = ''] = blocks.map(({ text }) => text).filter((text) => text.startsWith('handle_path'));
    expect(lines).not.toBe('');
    await project.write('Caddyfile', `http://127.0.0.1:8080 {\n${lines}}\n`);
    const words = ['adapt', '--config', join(project.folder, 'Caddyfile'), '--adapter', 'caddyfile'];
    const { stdout } = await run('caddy', words, { env: { ...process.env, HOME: project.folder } });
    expect(stdout).toContain('127.0.0.1:3000');
  });

  it('a model definition with mistakes is refused with the message of docs/models.md', async () => {
    await using project = await openProject();
    const [given = ''] = blocks.filter(isDefinition).map(({ text }) => text);
    const wrong = given.replace('creditsPerTask', 'creditPerTask').replace('videos.', 'https://videos.');
    await project.write('sharpen.json', wrong);
    const { code, stderr } = await project.run(['models', '--model-file', 'sharpen.json']);
    const [shown = ''] = blocks
      .map(({ text }) => text)
      .filter((text) => text.startsWith('error: sharpen.json is not'));
    expect(shown).not.toBe('');
    expect([code, stderr.trim()]).toEqual([2, shown.trim()]);
  });

  it('the TypeScript of docs/library.md is compiled and runs', { timeout: slowMs }, async () => {
    await using project = await openProject();
    const text = inLanguage('ts').map((block) => block.text);
    expect(text).toHaveLength(2);
    await project.write('snippet.ts', text.join('\n'));
    await project.write('package.json', '{"type":"module"}');
    const compilerOptions = { typeRoots: [join(root, 'node_modules/@types')], noUnusedLocals: false };
    const options = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['snippet.ts'] };
    await project.write('tsconfig.json', JSON.stringify(options));
    const compiled = spawnSync(join(root, 'node_modules/.bin/tsc'), ['--project', project.folder]);
    expect(compiled.stdout.toString()).toBe('');
    // The package, in the way that needs no build.
    const packaged = join(project.folder, 'node_modules/kie-batch');
    await mkdir(packaged, { recursive: true });
    await writeFile(join(packaged, 'package.json'), '{"type":"module","exports":"./index.js"}');
    await writeFile(join(packaged, 'index.js'), `export * from '${join(root, 'src/index.ts')}';`);
    const { stdout } = await run(process.execPath, ['snippet.ts'], {
      cwd: project.folder,
      env: project.environment,
    });
    expect(stdout).toMatch(/^https:\S+ saved \S+\.mp4$/m);
  });
});

function isDefinition({ language, text }: Block): boolean {
  return language === 'json' && text.includes('"id": "acme/sharpen"');
}

function isInstalled(program: string, question: string): boolean {
  return spawnSync(program, [question]).status === 0;
}
