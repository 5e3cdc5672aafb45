/**
 * Bounds how often somebody may try to sign in: by address and by name, counted in Redis over all servers.
 * Only failures count, so that nobody locks out a person who knows the password from another address for long.
 */
import type { RedisConnection } from '../../shared/redis/script.ts';

export interface LoginLimit {
  /** Milliseconds to wait before the next try; 0 when one may be made. */
  waitMs(address: string, name: string): Promise<number>;
  failed(address: string, name: string): Promise<void>;
}

const windowMs = 10 * 60_000;
const mostByAddress = 10;
const mostByName = 30;

export function createLoginLimit(redis: RedisConnection, prefix: string): LoginLimit {
  const keysOf = (address: string, name: string) =>
    [
      [`${prefix}:logins:address:${address}`, mostByAddress],
      [`${prefix}:logins:name:${name.slice(0, 100)}`, mostByName],
    ] as const;
  return {
    async waitMs(address, name) {
      const waits = keysOf(address, name).map(async ([key, most]) => {
        const failures = Number((await redis.get(key)) ?? 0);
        return failures < most ? 0 : Math.max(1000, await redis.pttl(key));
      });
      return Math.max(...(await Promise.all(waits)));
    },
    async failed(address, name) {
      for (const [key] of keysOf(address, name)) {
        if ((await redis.incr(key)) === 1) await redis.pexpire(key, windowMs);
      }
    },
  };
}
