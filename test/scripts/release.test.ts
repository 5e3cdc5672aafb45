/** A release by one command: what refuses it, and what it makes, in a repository of the test's own. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished, test } from 'vitest';
import { refuseRelease } from '../../scripts/release-steps.ts';

const changelog = '# Changelog\n\n## 0.2.0, not released yet\n\n- A change.\n';
const ready = { version: '0.2.0', current: '0.1.0', changelog, status: '', tags: ['v0.1.0'] };

test.each([
  [{}, null],
  [{ version: '' }, 'say which version'],
  [{ version: 'v0.2.0' }, 'say which version'],
  [{ status: ' M src/index.ts' }, 'not committed'],
  [{ tags: ['v0.2.0'] }, 'has been released'],
  [{ current: '0.10.0' }, 'is below the current version'],
  [{ changelog: '# Changelog\n' }, 'has no heading'],
])('%j: %s', (change, refusal) => {
  const found = refuseRelease({ ...ready, ...change });
  if (refusal === null) expect(found).toBeNull();
  else expect(found).toContain(refusal);
});

it('makes commit, tag and tarball, and publishes nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kie-batch-release-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = (program: string, ...words: string[]) =>
    execFileSync(program, words, { cwd: folder, encoding: 'utf8' });
  cpSync(resolve(import.meta.dirname, '../../scripts'), join(folder, 'scripts'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"name":"sample","version":"0.1.0","type":"module"}');
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
  run('git', 'init', '--quiet');
  run('git', 'config', 'user.email', 'test@example.com');
  run('git', 'config', 'user.name', 'Test');
  run('git', 'add', '.');
  run('git', 'commit', '--quiet', '--message', 'Start');
  const said = run(process.execPath, 'scripts/release.ts', '0.2.0');
  expect(said).toContain('npm publish sample-0.2.0.tgz --provenance');
  expect(run('git', 'tag', '--list')).toBe('v0.2.0\n');
  expect(run('git', 'show', 'v0.2.0:package.json')).toContain('"version":"0.2.0"');
  expect(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')).toMatch(/## 0\.2\.0, \d{4}-\d\d-\d\d\n/);
  expect(run('tar', 'tzf', 'sample-0.2.0.tgz')).toContain('package/CHANGELOG.md');
});
