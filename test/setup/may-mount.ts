/** Whether this user may mount file systems, as tests of storages that go away need. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const mayMount = tryMount();
if (!mayMount) console.warn('skipped: this user may not mount');

function tryMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'kie-batch-mount-'));
  const mounted = spawnSync('mount', ['--bind', folder, folder]).status === 0;
  if (mounted) spawnSync('umount', ['-l', folder]);
  rmdirSync(folder);
  return mounted;
}
