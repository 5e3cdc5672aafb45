/** docs/upgrading.md, tried on what release 0.1.0 left in Redis, and on data of a newer release. */
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { versionKey } from '../../src/shared/data-version/data-version.ts';
import { restoreOldData } from '../setup/old-data.ts';
import { connectTestRedis, redisPrefix } from '../setup/redis.ts';
import { openProject } from './executable.ts';

const page = readFileSync(new URL('../../docs/upgrading.md', import.meta.url), 'utf8');
const redis = connectTestRedis();
afterAll(() => redis.quit());

describe('an upgrade from 0.1.0', () => {
  it('ends with the commands of the page, which find all in order', async () => {
    await using project = await openProject();
    await restoreOldData(project.prefix, redis);
    const checks = [...(/^5\. .*$/m.exec(page)?.[0] ?? '').matchAll(/`kie-batch ([a-z]+)`/g)];
    expect(checks.map(([, command]) => command)).toEqual(['doctor', 'status']);
    for (const [, command = ''] of checks) {
      const { code, stdout, stderr } = await project.run([command]);
      expect([command, code, stderr]).toEqual([command, 0, '']);
      expect(stdout).not.toContain('✗');
    }
    const { stdout } = await project.run(['list', '--json']);
    expect(stdout).toContain('"waiting"');
  });

  it('carries every link into an empty Redis by export and import', async () => {
    await using project = await openProject();
    await restoreOldData(project.prefix, redis);
    const elsewhere = { QUEUE_PREFIX: redisPrefix() };
    for (const batch of ['finished', 'waiting', 'gone']) {
      const { stdout: rows } = await project.run(['export', batch]);
      expect(rows).not.toBe('');
      expect((await project.run(['import', '-'], { input: rows, environment: elsewhere })).code).toBe(0);
      const { stdout: again } = await project.run(['export', batch], { environment: elsewhere });
      const facts = (lines: string) =>
        lines
          .trim()
          .split('\n')
          .map((line) => {
            const { id, state, reason, taskIds, creditsSpent, file } = JSON.parse(line);
            return { id, state, reason, taskIds, creditsSpent, file };
          });
      expect(facts(again)).toEqual(facts(rows));
    }
  });
});

it('data of a newer release is refused by every command, and not changed', async () => {
  await using project = await openProject();
  await restoreOldData(project.prefix, redis);
  await redis.set(versionKey(project.prefix), '99');
  const list = await project.writeLinks('links.txt', 1);
  const before = await everythingBelow(project.prefix, redis);
  const commands = [
    ['status'],
    ['run', list, '--yes'],
    ['enqueue', list],
    ['worker'],
    ['serve'],
    ['export', 'waiting'],
  ];
  for (const words of commands) {
    const { code, stdout, stderr } = await project.run(words);
    expect([words[0], code, stdout]).toEqual([words[0], 2, '']);
    expect(stderr).toMatch(/^error: .*data version 99.*Update kie-batch/);
  }
  expect(await everythingBelow(project.prefix, redis)).toEqual(before);
  expect(project.simulator.counts().createCalls).toBe(0);
});

async function everythingBelow(prefix: string, { keys, dump }: Pick<Redis, 'keys' | 'dump'>) {
  const names = (await keys.call(redis, `${prefix}*`)).toSorted();
  return Promise.all(names.map(async (name) => [name, await dump.call(redis, name)]));
}
