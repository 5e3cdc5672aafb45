/**
 * `/healthz`: this process answers. `/readyz`: it can work now, which means that Redis answers and accepts writes;
 * checked each time, with a short timeout. For load balancers and people. Whether links move depends on the workers and
 * takes no server out of service, so it is only an additional word, which tells a stranger nothing more.
 */
import { listHalts } from '../shared/gate-state/halts.ts';
import { createBatchOperations } from '../shared/ledger/batch-operations.ts';
import { listWorkers } from '../shared/presence/worker-presence.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import { withTimeout } from '../shared/time/with-timeout.ts';
import type { RegisterRoutes } from './start-server.ts';

export interface HealthDeps extends Keyspace {}

export type WorkState = 'running' | 'paused' | 'halted' | 'no worker';

type Health =
  | { readonly status: 'ready'; readonly work: WorkState }
  | { readonly status: 'not ready'; readonly reason: string };

const patienceMs = 1500;

export function healthRoutes(deps: HealthDeps): RegisterRoutes {
  return (scope) => {
    scope.get('/healthz', () => ({ status: 'ok' }));
    scope.get('/readyz', async (_request, reply) => {
      const health = await healthOf(deps);
      return reply
        .code(health.status === 'ready' ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(health);
    });
  };
}

function healthOf(deps: HealthDeps): Promise<Health> {
  return withTimeout(examine(deps), patienceMs, { status: 'not ready', reason: 'Redis does not answer' });
}

async function examine(deps: HealthDeps): Promise<Health> {
  try {
    await deps.redis.set(`${deps.prefix}:ready`, '1', 'PX', 60_000);
    return { status: 'ready', work: await readWork(deps) };
  } catch (error) {
    const answered = error instanceof Error && error.name === 'ReplyError';
    return { status: 'not ready', reason: answered ? 'Redis refuses writes' : 'Redis does not answer' };
  }
}

async function readWork({ redis, prefix }: HealthDeps): Promise<WorkState> {
  const [workers, halts, isPaused] = await Promise.all([
    listWorkers({ redis, prefix }),
    listHalts({ redis, prefix }),
    createBatchOperations({ redis, prefix }).isAllPaused(),
  ]);
  return workStateOf({
    alive: workers.filter(({ isAlive }) => isAlive).length,
    halts: halts.length,
    isPaused,
  });
}

/** The worst first: without a worker the end of a halt is not noticed. Pure. */
export function workStateOf(facts: { alive: number; halts: number; isPaused: boolean }): WorkState {
  if (facts.alive === 0) return 'no worker';
  if (facts.halts > 0) return 'halted';
  return facts.isPaused ? 'paused' : 'running';
}
