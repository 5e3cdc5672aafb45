/**
 * `/healthz`: this process answers. `/readyz`: it can do its work now, which means that Redis answers and takes
 * writes; asked anew each time, with a short patience. For load balancers and people; tells nothing else.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../shared/redis/script.ts';
import type { RegisterRoutes } from './start-server.ts';

export interface HealthDeps {
  readonly redis: RedisConnection;
  readonly prefix: string;
}

const patienceMs = 1500;

export function healthRoutes({ redis, prefix }: HealthDeps): RegisterRoutes {
  return (scope) => {
    scope.get('/healthz', () => ({ status: 'ok' }));
    scope.get('/readyz', async (_request, reply) => {
      const problem = await problemOf(redis, `${prefix}:ready`);
      if (problem === null) return { status: 'ready' };
      return reply.code(503).send({ status: 'not ready', reason: problem });
    });
  };
}

/** A write, because a full or read-only Redis still answers a PING. */
async function problemOf(redis: RedisConnection, key: string): Promise<string | null> {
  const patience = new AbortController();
  const written = redis.set(key, '1', 'PX', 60_000).then(
    () => null,
    () => 'Redis takes no writes',
  );
  const late = sleep(patienceMs, 'Redis does not answer', { signal: patience.signal }).catch(() => null);
  try {
    return await Promise.race([written, late]);
  } finally {
    patience.abort();
  }
}
