/** A local Redis for a benchmark, as users get it (append-only, everysec), in a folder that goes with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { systemClock } from '../../src/shared/clock.ts';
import { cacheFolder } from '../../src/shared/configuration/configuration.ts';
import { startLocalRedis } from '../../src/shared/redis/local/start-local-redis.ts';
import { describeAddress } from '../../src/shared/redis/redis-address.ts';

export interface OwnRedis extends AsyncDisposable {
  readonly url: string;
  /** Holds lists and videos too. */
  readonly folder: string;
}

export async function openOwnRedis(): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-bench-'));
  const local = await startLocalRedis({
    dataDir: join(folder, 'data'),
    cacheDir: cacheFolder(),
    logger: pino({ level: 'warn' }),
    clock: systemClock,
  });
  return {
    url: describeAddress(local.address),
    folder,
    async [Symbol.asyncDispose]() {
      await local.release();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
