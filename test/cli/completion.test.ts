/** Completion scripts, made by the executable and asked by the real shells where they are installed. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProject, type Project } from './executable.ts';

const run = promisify(execFile);

describe('the completion scripts', () => {
  let project: Project;
  beforeAll(async () => {
    project = await openProject();
    await project.writeLinks('links.txt', 1);
    await project.writeLinks('my links.csv', 1);
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await project.run(['completion', shell]);
      expect(code).toBe(0);
      await writeFile(join(project.folder, `script.${shell}`), stdout);
    }
  });
  afterAll(() => project[Symbol.asyncDispose]());

  const inBash = async (words: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const ask = `source ./script.bash
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _kie_batch
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run('bash', ['-c', ask, 'bash', 'kie-batch', ...words], {
      cwd: project.folder,
      env: { ...process.env, ...env },
    });
    return stdout.split('\n').filter((line) => line !== '');
  };

  it.each([
    ['commands', ['sched'], ['schedule']],
    ['commands below a command', ['schedule', 're'], ['resume', 'remove']],
    ['options of a command', ['schedule', 'add', '--ba'], ['--batch-template']],
    ['options after others', ['run', '--batch', 'x', '--exi'], ['--exit-on-halt']],
    ['files where lists go', ['run', 'li'], ['links.txt']],
    ['files with spaces in their names', ['enqueue', 'my'], ['my links.csv']],
    ['files for an option', ['run', '--model-file', 'li'], ['links.txt']],
    ['words an argument is one of', ['completion', 'f'], ['fish']],
    ['states', ['export', 'links', '--state', 'sav'], ['saved']],
    ['reasons', ['retry', 'links', '--reason', 'bud'], ['budget-exhausted']],
    ['formats', ['export', 'links', '--format', 'u'], ['urls']],
    ['models', ['run', '--model', 'topaz'], ['topaz/video-upscale']],
    ['stages', ['worker', '--stages', 'd'], ['download']],
    ['nothing for a value of one’s own', ['run', '--column', 'li'], []],
  ])('complete %s in bash', async (_what, words, expected) => {
    expect(await inBash(words)).toEqual(expected);
  });

  it.each(['bash', 'zsh', 'fish'])('name every command and its options for %s', async (shell) => {
    const { stdout: script } = await project.run(['completion', shell, '--json']);
    const { stdout: help } = await project.run(['--help']);
    const commands = [...help.matchAll(/^ {2}([a-z]+)[ |[]/gm)].map((found) => found[1] ?? '');
    expect(commands.length).toBeGreaterThan(8);
    for (const command of commands.filter((name) => name !== 'help')) expect(script).toContain(`/${command}`);
    expect(script).toContain('batch-template');
  });

  it('complete names of batches in bash by asking for them', async () => {
    await project.run(['enqueue', 'links.txt', '--batch', 'autumn']);
    expect((await project.run(['completion', 'batches'])).stdout).toBe('autumn\n');
    const program = join(project.folder, 'kie-batch');
    await writeFile(program, '#!/bin/sh\necho autumn\n', { mode: 0o755 });
    const path = `${project.folder}:${process.env['PATH']}`;
    for (const words of [
      ['status', 'au'],
      ['run', '--batch', 'au'],
    ]) {
      expect(await inBash(words, { PATH: path })).toEqual(['autumn']);
    }
  });

  it('print nothing where Redis cannot be asked', async () => {
    const environment = { REDIS_URL: 'redis://127.0.0.1:1' };
    expect(await project.run(['completion', 'batches'], { environment })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it.for(['bash', 'zsh', 'fish'])('are sound in %s', (shell, { skip }) => {
    const checked = spawnSync(shell, ['-n', `script.${shell}`], { cwd: project.folder, encoding: 'utf8' });
    if (checked.error !== undefined) skip(`${shell} is not installed`);
    expect([checked.status, checked.stderr]).toEqual([0, '']);
  });

  it('name the shells there are when asked for another', async () => {
    const { code, stderr } = await project.run(['completion', 'tcsh']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bash, zsh, fish/);
  });
});
