/** What an older release has left in Redis, put under a prefix of a test. */
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { z } from 'zod';

const text = z.union([z.string(), z.object({ base64: z.string() })]);
const dumpSchema = z.object({
  keys: z.record(
    z.string(),
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('hash'), value: z.record(z.string(), text) }),
      z.object({ type: z.literal('list'), value: z.array(text) }),
      z.object({ type: z.literal('set'), value: z.array(text) }),
      z.object({ type: z.literal('zset'), value: z.array(z.tuple([text, z.number()])) }),
      z.object({ type: z.literal('string'), value: text }),
    ]),
  ),
});

/** Data of release 0.1.0. */
export async function restoreOldData(prefix: string, to: Redis): Promise<void> {
  const file = new URL('../fixtures/data-0.1.0.json', import.meta.url);
  const { keys } = dumpSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const bytes = (value: z.infer<typeof text>) =>
    typeof value === 'string' ? value : Buffer.from(value.base64, 'base64');
  for (const [name, { type, value }] of Object.entries(keys)) {
    const key = `${prefix}:${name}`;
    if (type === 'hash') {
      for (const [field, each] of Object.entries(value)) await to.hset(key, field, bytes(each));
    } else if (type === 'list') await to.rpush(key, ...value.map(bytes));
    else if (type === 'set') await to.sadd(key, ...value.map(bytes));
    else if (type === 'zset') for (const [member, score] of value) await to.zadd(key, score, bytes(member));
    else await to.set(key, bytes(value));
  }
}
