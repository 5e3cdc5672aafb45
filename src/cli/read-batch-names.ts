/** The names of all batches for completion: read quickly, and without starting a Redis where none was ever used. */
import { existsSync } from 'node:fs';
import { loadConfiguration } from '../shared/configuration/configuration.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import { withRedis } from './with-redis.ts';

export async function readBatchNames(): Promise<string[]> {
  const { configuration } = loadConfiguration();
  if (configuration.REDIS_URL === undefined && !existsSync(configuration.DATA_DIR)) return [];
  return withRedis(configuration, (keyspace) =>
    createLedger({ ...keyspace, shareUrl: () => null }).batchNames(),
  );
}
