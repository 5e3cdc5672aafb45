import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareServerPlace } from '../../../src/shared/redis/local/server-place.ts';

test('the folder of the local Redis is closed to others, also one that was open before', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kie-batch-place-'));
  await mkdir(join(dataDir, 'redis'));
  await chmod(join(dataDir, 'redis'), 0o755);
  const { folder } = await prepareServerPlace(dataDir);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await rm(dataDir, { recursive: true });
});
