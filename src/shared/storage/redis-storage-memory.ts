/** Remembers in Redis, for all processes, which storages were used and by which mark each is known again. */
import { z } from 'zod';
import type { Keyspace } from '../redis/keyspace.ts';
import type { StorageMemory } from './storage-mark.ts';

const storedMark = z.object({ id: z.string(), place: z.string() });

export function createStorageMemory({ redis, prefix }: Keyspace): StorageMemory {
  const key = `${prefix}:storages`;
  return {
    async recall(root) {
      const text = await redis.hget(key, root);
      return text === null ? null : storedMark.parse(JSON.parse(text));
    },
    async remember(root, mark) {
      await redis.hset(key, root, JSON.stringify(mark));
    },
  };
}
