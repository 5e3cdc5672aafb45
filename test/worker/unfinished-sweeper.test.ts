/** What killed workers have left in the storage, when another worker starts. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

it('a starting worker removes what is useless, and keeps what others may be writing', async () => {
  await using system = await startSystem();
  const folder = join(system.folder, 'videos', '.unfinished');
  await mkdir(folder, { recursive: true });
  const token = 'b'.repeat(24);
  const [loneState, fresh] = [`${'1'.repeat(16)}-${token}.json`, `${'2'.repeat(16)}-${token}`];
  for (const name of [loneState, fresh]) await writeFile(join(folder, name), '{}');
  const twoMinutesAgo = new Date(Date.now() - 120_000);
  await utimes(join(folder, loneState), twoMinutesAgo, twoMinutesAgo);
  await system.startWorker();
  await until(async () => !(await readdir(folder)).includes(loneState), 'the lone state is gone');
  expect(await readdir(folder)).toEqual([fresh]);
});
