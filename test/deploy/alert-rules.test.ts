/** The alert rules, by Prometheus's own tool: each fires in its trouble, and none while all is well. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const hasTool = spawnSync('promtool', ['--version']).status === 0;
if (!hasTool) console.warn('Skipped: no promtool here (Debian: apt-get install prometheus)');

it.skipIf(!hasTool)('the alert rules are valid, and fire when they should', () => {
  for (const args of [
    ['check', 'rules', 'deploy/prometheus/alert-rules.yml'],
    ['test', 'rules', 'deploy/prometheus/alert-rules.test.yml'],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
    expect([status, status === 0 ? '' : `${stdout}${stderr}`]).toEqual([0, '']);
  }
});
