/** A single read from Redis for commands that need nothing else of a session. Prints nothing. */
import { type Configuration, cacheFolder } from '../shared/configuration/configuration.ts';
import { createLogger } from '../shared/logging/logger.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import { openRedis } from '../shared/redis/open-redis.ts';

export async function withRedis<Result>(
  { REDIS_URL: redisUrl, DATA_DIR: dataDir, QUEUE_PREFIX: prefix }: Configuration,
  look: (keyspace: Keyspace) => Promise<Result>,
): Promise<Result> {
  const logger = createLogger({ level: 'silent', format: 'json', isTerminal: false, secrets: [] });
  const handle = await openRedis({ redisUrl, dataDir, cacheDir: cacheFolder(), logger });
  try {
    return await look({ redis: handle.connect('commands'), prefix });
  } finally {
    await handle.close();
  }
}
