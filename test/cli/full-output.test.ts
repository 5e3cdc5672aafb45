/** A standard output that accepts nothing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const main = join(import.meta.dirname, '../../src/cli/main.ts');

it.each(['--version', '--help', 'models'])('%s into a full device ends with 1', (argument) => {
  const command = `exec "$0" "$1" ${argument} >/dev/full`;
  const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath, main], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).not.toMatch(/^\s+at /m);
});
