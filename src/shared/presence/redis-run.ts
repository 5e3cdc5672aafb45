/**
 * The current run of Redis: its id changes with each restart and failover. Workers record their calls with a run before
 * create calls begin in it; transition.lua requires it.
 */
import { z } from 'zod';
import type { Keyspace } from '../redis/keyspace.ts';
import { createScript } from '../redis/script.ts';

const readReply = z.tuple([z.string(), z.coerce.number()]);

export function createRedisRun({ redis, prefix }: Keyspace) {
  const script = createScript(redis, new URL('./settle-run.lua', import.meta.url));
  const keys = [`${prefix}:settled-run`];
  return {
    /** `id` is empty if Redis does not report it. */
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
