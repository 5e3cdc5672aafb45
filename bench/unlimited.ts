/** For benchmarks of kie-batch's own speed: a simulated vendor without a limit, and settings with which nothing waits. */
import { join } from 'node:path';
import type { OwnRedis } from './million/own-redis.ts';
import { type OwnVendor, startVendor } from './processes.ts';

/** Tasks of 100 ms, results of about 40 kB. */
export function startUnlimitedVendor(): Promise<OwnVendor> {
  return startVendor('--limit', '100000/1s', '--task-time', '100ms');
}

/** Files go to `files` in the folder of the Redis. */
export function unlimitedSettings(redis: OwnRedis, vendorUrl: string) {
  return {
    KIE_API_KEY: 'key-of-the-benchmarks',
    KIE_BASE_URL: vendorUrl,
    REDIS_URL: redis.url,
    DATA_DIR: join(redis.folder, 'logs'),
    STORAGE_URL: `file:${join(redis.folder, 'files')}`,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    MIN_FREE_BYTES: '1MiB',
    SUBMIT_LIMIT: '10000/1s',
    MAX_IN_FLIGHT: '10000',
    DOWNLOAD_CONCURRENCY: '50',
  };
}
