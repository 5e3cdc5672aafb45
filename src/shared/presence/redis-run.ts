/**
 * Which run of Redis answers: its id is another one after each restart, and at each server that takes over. Workers
 * settle with a run before create calls begin in it; transition.lua asks for that.
 */
import { z } from 'zod';
import type { Keyspace } from '../redis/keyspace.ts';
import { createScript } from '../redis/script.ts';

const readReply = z.tuple([z.string(), z.coerce.number()]);

export function createRedisRun({ redis, prefix }: Keyspace) {
  const script = createScript(redis, new URL('./settle-run.lua', import.meta.url));
  const keys = [`${prefix}:settled-run`];
  return {
    /** `id` is empty where Redis does not tell. */
    async read(): Promise<{ readonly id: string; readonly uptimeS: number }> {
      const [id, uptimeS] = readReply.parse(await script(keys, ['']));
      return { id, uptimeS };
    },
    /** Unless another run has begun meanwhile. */
    async settle(id: string): Promise<void> {
      await script(keys, [id]);
    },
  };
}
