/** Scripts in files, run by their digest in a Redis that may not know them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { loadScript } from '../../../src/shared/redis/script.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

test('a script that the server has never seen is sent as a whole, its files joined', async () => {
  const prefix = redisPrefix();
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-lua-'));
  const [first, last] = [join(folder, 'first.lua'), join(folder, 'last.lua')];
  await writeFile(first, `-- ${prefix}\nlocal function echo() return ARGV[1] end`);
  await writeFile(last, 'return echo()');
  const run = loadScript(pathToFileURL(first), pathToFileURL(last));
  expect(await run(redis, [`${prefix}:x`], ['a'])).toBe('a');
  expect(await run(redis, [`${prefix}:x`], ['b'])).toBe('b');
  await rm(folder, { recursive: true });
});
