/** The API key is nowhere but in the vendor's requests: not in logs, jobs, items, errors, pages or files. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { startServedSystem } from '../server/served-system.ts';
import { connectTestRedis } from '../setup/redis.ts';
import { shareLink } from '../setup/system.ts';

it('the key appears in no log, job, item, error, answer, download or file', async () => {
  const webhookKey = 'webhook-key-0123456789';
  await using system = await startServedSystem({
    simulator: {
      webhookKey,
      linkFaults: [
        { contains: shareLink(0), fault: 'create-answer-lost', times: 1 },
        { contains: shareLink(1), fault: 'create-500', times: 1 },
        { contains: shareLink(2), fault: 'create-html', times: 1 },
        { contains: shareLink(3), fault: 'task-fails-422' },
        { contains: shareLink(4), fault: 'create-rejected' },
        { contains: shareLink(5), fault: 'record-lost', times: 1 },
        { contains: shareLink(6), fault: 'result-expired', times: 1 },
      ],
    },
    environment: { KIE_WEBHOOK_KEY: webhookKey, LOG_LEVEL: 'trace' },
  });
  const key = system.environment['KIE_API_KEY'] ?? '';
  await system.give(12);
  await system.startWorker();
  await system.ended();
  await system.give(14);
  system.simulator.settings({ condition: 'unauthorized' });
  const answers = await Promise.all(
    ['/healthz', '/readyz', '/callback/x', '/nowhere'].map(async (path) =>
      (
        await fetch(`${system.server.url}${path}`, { method: path === '/callback/x' ? 'POST' : 'GET' })
      ).text(),
    ),
  );
  const redis = connectTestRedis();
  const stored = await everythingIn(redis, system.environment['QUEUE_PREFIX'] ?? '');
  await redis.quit();
  const written = await filesBelow(system.folder);
  const places = { said: system.said.join('\n'), answers: answers.join('\n'), stored, written };
  for (const [place, text] of Object.entries(places)) {
    for (const secret of [key, webhookKey])
      expect(text.includes(secret), `${secret} in ${place}`).toBe(false);
  }
  expect(stored.length).toBeGreaterThan(1000);
  expect(written).toContain('s_00000000000000000000000000000003');
  expect(system.simulator.counts().keyLeaks).toBe(0);
});

async function everythingIn(redis: Redis, prefix: string): Promise<string> {
  const texts: string[] = [];
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    if (!Array.isArray(keys)) continue;
    for (const key of keys.map(String)) {
      const dump = await redis.dumpBuffer(key);
      texts.push(key, dump?.toString('latin1') ?? '', await asText(redis, key));
    }
  }
  return texts.join('\n');
}

/** Dumps are compressed; small values are read in the clear as well. */
async function asText(redis: Redis, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'hash':
      return JSON.stringify(await redis.hgetall(key));
    case 'string':
      return (await redis.get(key)) ?? '';
    case 'list':
      return (await redis.lrange(key, 0, -1)).join('\n');
    case 'set':
      return (await redis.smembers(key)).join('\n');
    case 'zset':
      return (await redis.zrange(key, '0', '-1')).join('\n');
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+'));
    default:
      return '';
  }
}

async function filesBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
  );
  return texts.join('\n');
}
